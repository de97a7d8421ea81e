/** How a node becomes the holder of one of the enclave's singletons, and stops being it. */
@NullMarked
package io.redoubt.enclave.singleton;

import org.jspecify.annotations.NullMarked;
