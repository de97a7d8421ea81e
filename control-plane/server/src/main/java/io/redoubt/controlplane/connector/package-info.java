/** HTTP APIs that agents may use through enclaves, and their sealed secrets. */
@NullMarked
package io.redoubt.controlplane.connector;

import org.jspecify.annotations.NullMarked;
