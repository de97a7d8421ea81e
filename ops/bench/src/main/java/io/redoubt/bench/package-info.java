/** Measures Redoubt: its parts in isolation, and the packaged product from outside. */
@NullMarked
package io.redoubt.bench;

import org.jspecify.annotations.NullMarked;
