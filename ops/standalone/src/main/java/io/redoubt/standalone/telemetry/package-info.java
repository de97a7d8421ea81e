/** Traces and metrics of a process. */
@NullMarked
package io.redoubt.standalone.telemetry;

import org.jspecify.annotations.NullMarked;
