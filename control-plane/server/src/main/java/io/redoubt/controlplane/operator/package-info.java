/** The frame of the operator API: who calls, what they may, how reads and writes run. */
@NullMarked
package io.redoubt.controlplane.operator;

import org.jspecify.annotations.NullMarked;
