package io.redoubt.link;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.jwt.JwkSet;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/**
 * The same for the one node that has the link, and writes. Each of these fails with {@link
 * io.redoubt.singleton.SupersededException} once another node has it.
 */
public interface LinkProgress extends LinkState {
  CompletionStage<Void> enrolled(EnclaveId enclave, JwkSet commandKeys);

  /** Moves the cursor forward, never back. */
  CompletionStage<Void> applied(long number);

  /**
   * A heartbeat came. One that is not newer than the last changes nothing; a newer one sets the
   * clock mark, too, to when it came: it vouches for the time.
   */
  CompletionStage<Void> heard(Contact.Heartbeat heartbeat);

  /** This late it is by this enclave's clocks: moves the clock mark forward, never back. */
  CompletionStage<Void> clockStandsAt(Instant now);
}
