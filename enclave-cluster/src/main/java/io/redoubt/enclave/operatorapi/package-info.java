/** Break-glass: operators heard directly, with the control plane away. */
@NullMarked
package io.redoubt.enclave.operatorapi;

import org.jspecify.annotations.NullMarked;
