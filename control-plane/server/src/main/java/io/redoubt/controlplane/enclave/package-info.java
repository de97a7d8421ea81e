/** The registry of enclaves. */
@NullMarked
package io.redoubt.controlplane.enclave;

import org.jspecify.annotations.NullMarked;
