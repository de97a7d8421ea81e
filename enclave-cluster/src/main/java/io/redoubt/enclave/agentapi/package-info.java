/** The agent endpoint: discover, bootstrap, refresh, self (port 8444). */
@NullMarked
package io.redoubt.enclave.agentapi;

import org.jspecify.annotations.NullMarked;
