/** What an organization's policy is, as it travels from the control plane to an enclave. */
@NullMarked
package io.redoubt.protocol.policy;

import org.jspecify.annotations.NullMarked;
