/** How Redoubt reads and writes JSON. */
@NullMarked
package io.redoubt.protocol.json;

import org.jspecify.annotations.NullMarked;
