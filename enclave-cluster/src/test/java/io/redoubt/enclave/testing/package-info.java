/** An enclave to test against: real parts, a scripted control plane, a local model. */
@NullMarked
package io.redoubt.enclave.testing;

import org.jspecify.annotations.NullMarked;
