/** What a load costs: time, processor, memory, and how a measurement is told. */
@NullMarked
package io.redoubt.bench.measure;

import org.jspecify.annotations.NullMarked;
