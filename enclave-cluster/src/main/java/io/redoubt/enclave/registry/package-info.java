/** Word between nodes of what each of them serves from memory. */
@NullMarked
package io.redoubt.enclave.registry;

import org.jspecify.annotations.NullMarked;
