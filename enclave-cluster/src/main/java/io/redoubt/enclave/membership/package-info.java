/** What the members of the cluster say of themselves. */
@NullMarked
package io.redoubt.enclave.membership;

import org.jspecify.annotations.NullMarked;
