/** The node's signing key, and the access tokens it signs (DESIGN §5). */
@NullMarked
package io.redoubt.enclave.identity;

import org.jspecify.annotations.NullMarked;
