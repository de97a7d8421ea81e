/**
 * The refresh-token family: one sharded actor each, so that a token has one successor, ever (G1).
 */
@NullMarked
package io.redoubt.family;

import org.jspecify.annotations.NullMarked;
