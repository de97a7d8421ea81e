/** Whether a node can do its work, truthfully. */
@NullMarked
package io.redoubt.enclave.readiness;

import org.jspecify.annotations.NullMarked;
