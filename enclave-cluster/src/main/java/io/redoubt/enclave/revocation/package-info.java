/** What this node refuses although it has not expired (G2). */
@NullMarked
package io.redoubt.enclave.revocation;

import org.jspecify.annotations.NullMarked;
