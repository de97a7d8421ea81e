/** The control plane's end of the enclave link. */
@NullMarked
package io.redoubt.controlplane.link;

import org.jspecify.annotations.NullMarked;
