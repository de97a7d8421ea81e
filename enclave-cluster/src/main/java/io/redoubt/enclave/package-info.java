/** An enclave: one node of it, started in a process of its own or inside another. */
@NullMarked
package io.redoubt.enclave;

import org.jspecify.annotations.NullMarked;
