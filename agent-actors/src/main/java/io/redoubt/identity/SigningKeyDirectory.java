package io.redoubt.identity;

import io.redoubt.protocol.jwt.VerificationKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The public halves of every node's signing key. An entry outlives its node by one token lifetime,
 * and carries a proof that a node of this enclave wrote it: who can write the table can still not
 * mint identities (decision 6).
 */
public interface SigningKeyDirectory {
  /** Makes the key known, until {@code notAfter}; completes before the key signs anything. */
  CompletionStage<Void> publish(VerificationKey key, String node, Instant notAfter);

  /** The key of that id, if it is genuine and still good. */
  CompletionStage<Optional<VerificationKey>> find(String kid, Instant now);

  /** All genuine keys that are still good. */
  CompletionStage<List<VerificationKey>> all(Instant now);

  /** Deletes what is past its time; answers how many. */
  CompletionStage<Integer> forget(Instant before);
}
