/** Values that must never be printed. */
@NullMarked
package io.redoubt.protocol.secret;

import org.jspecify.annotations.NullMarked;
