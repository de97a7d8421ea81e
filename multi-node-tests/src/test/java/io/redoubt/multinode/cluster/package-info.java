/** Scenarios of an enclave of several nodes. */
@NullMarked
package io.redoubt.multinode.cluster;

import org.jspecify.annotations.NullMarked;
