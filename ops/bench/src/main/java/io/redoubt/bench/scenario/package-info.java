/** What is measured: one class for each scenario of the command line. */
@NullMarked
package io.redoubt.bench.scenario;

import org.jspecify.annotations.NullMarked;
