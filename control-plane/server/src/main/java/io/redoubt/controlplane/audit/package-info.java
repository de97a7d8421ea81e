/** The aggregated audit store. */
@NullMarked
package io.redoubt.controlplane.audit;

import org.jspecify.annotations.NullMarked;
