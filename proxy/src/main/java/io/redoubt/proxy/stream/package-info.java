/** What agents have under way on this node, so that it can be cut (G3). */
@NullMarked
package io.redoubt.proxy.stream;

import org.jspecify.annotations.NullMarked;
