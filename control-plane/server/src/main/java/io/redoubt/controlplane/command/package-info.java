/** The ordered log of what each enclave is told. */
@NullMarked
package io.redoubt.controlplane.command;

import org.jspecify.annotations.NullMarked;
