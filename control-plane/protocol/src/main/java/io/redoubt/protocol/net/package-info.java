/** Network addresses in rules. */
@NullMarked
package io.redoubt.protocol.net;

import org.jspecify.annotations.NullMarked;
