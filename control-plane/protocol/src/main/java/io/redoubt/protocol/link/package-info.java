/** What travels between an enclave and its control plane. */
@NullMarked
package io.redoubt.protocol.link;

import org.jspecify.annotations.NullMarked;
