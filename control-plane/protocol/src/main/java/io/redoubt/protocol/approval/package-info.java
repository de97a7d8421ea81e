/** Requests for approval, as enclave, control plane and clients write them. */
@NullMarked
package io.redoubt.protocol.approval;

import org.jspecify.annotations.NullMarked;
