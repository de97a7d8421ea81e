package io.redoubt.controlplane.link;

import io.redoubt.controlplane.key.SigningKeys;
import io.redoubt.controlplane.policy.Bundles;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.policy.BundleDigest;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Hands bundles out to enclaves, signed as they go by the key of the day. */
final class BundleDelivery {
  private final Database database;
  private final Bundles bundles;
  private final SigningKeys keys;

  BundleDelivery(Database database, Bundles bundles, SigningKeys keys) {
    this.database = database;
    this.bundles = bundles;
    this.keys = keys;
  }

  /**
   * Fails with 404 for what is not there, or is of an organization that the enclave does not serve.
   */
  CompletionStage<byte[]> signed(Caller caller, String text) {
    Optional<BundleDigest> digest = digest(text);
    if (digest.isEmpty()) {
      return CompletableFuture.failedFuture(ProblemException.of(ErrorType.NOT_FOUND));
    }
    return database
        .inTransaction(handle -> bundles.payload(handle, caller.enclave(), digest.get()))
        .thenApply(found ->
            found
                .map(payload -> Jws.sign(keys.current(), Jws.Type.POLICY_BUNDLE, payload))
                .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND))
                .getBytes(StandardCharsets.US_ASCII));
  }

  private static Optional<BundleDigest> digest(String text) {
    try {
      return Optional.of(BundleDigest.parse(text));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
