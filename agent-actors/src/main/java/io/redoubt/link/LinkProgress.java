package io.redoubt.link;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.jwt.JwkSet;
import java.util.concurrent.CompletionStage;

/**
 * The same for the one node that has the link, and writes. Each of these fails with {@link
 * io.redoubt.singleton.SupersededException} once another node has it.
 */
public interface LinkProgress extends LinkState {
  CompletionStage<Void> enrolled(EnclaveId enclave, JwkSet commandKeys);

  /** Moves the cursor forward, never back. */
  CompletionStage<Void> applied(long number);
}
