/** What an operator sees of the cluster. */
@NullMarked
package io.redoubt.enclave.cluster;

import org.jspecify.annotations.NullMarked;
