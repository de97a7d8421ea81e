/** A model provider that answers at once and costs next to nothing. */
@NullMarked
package io.redoubt.bench.upstream;

import org.jspecify.annotations.NullMarked;
