package io.redoubt.link;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.jwt.JwkSet;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** What is known of the control plane and must not be forgotten; every node may read it. */
public interface LinkState {
  /**
   * What is kept.
   *
   * @param enclave as the control plane named it at the first hello
   * @param lastApplied number of the last command applied; 0: none
   */
  record Kept(EnclaveId enclave, JwkSet commandKeys, long lastApplied, Contact contact) {}

  CompletionStage<Optional<Kept>> load();

  /** The enrolment key pair's private half (X25519, 32 bytes), made once and kept sealed. */
  CompletionStage<byte[]> enrolmentKey();
}
