/** Which policies decide on this node, and how every node comes to run the same. */
@NullMarked
package io.redoubt.enclave.policy;

import org.jspecify.annotations.NullMarked;
