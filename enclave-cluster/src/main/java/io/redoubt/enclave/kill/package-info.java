/** Isolate, release, revoke, decommission: the agent first, then every node's streams (G3). */
@NullMarked
package io.redoubt.enclave.kill;

import org.jspecify.annotations.NullMarked;
