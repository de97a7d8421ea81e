/** Decisions that were made: explained, and made again by other policies. */
@NullMarked
package io.redoubt.controlplane.decision;

import org.jspecify.annotations.NullMarked;
