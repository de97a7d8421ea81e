/**
 * A load generator that costs little: one thread, one selector, a minimal HTTP/1.1. It shares its
 * processors with what it measures.
 */
@NullMarked
package io.redoubt.bench.load;

import org.jspecify.annotations.NullMarked;
