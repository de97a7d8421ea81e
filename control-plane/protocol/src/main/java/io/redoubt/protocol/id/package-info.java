/** Identifiers: a type prefix over 128 bits. */
@NullMarked
package io.redoubt.protocol.id;

import org.jspecify.annotations.NullMarked;
