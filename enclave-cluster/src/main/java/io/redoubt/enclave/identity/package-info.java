/** The node's signing key, and the access tokens it signs (decision 6). */
@NullMarked
package io.redoubt.enclave.identity;

import org.jspecify.annotations.NullMarked;
