package io.redoubt.testing;

import io.redoubt.link.LinkState;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.jwt.JwkSet;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** State of the link in memory; hand it to a second incarnation to test a restart. */
public final class InMemoryLinkState implements LinkState {
  public final Outage outage = new Outage();
  private final byte[] enrolmentKey = new byte[32];
  private @Nullable Kept kept;

  public InMemoryLinkState() {
    new SecureRandom().nextBytes(enrolmentKey);
  }

  @Override
  public CompletionStage<Optional<Kept>> load() {
    return outage.attempt(this::now);
  }

  private synchronized Optional<Kept> now() {
    return Optional.ofNullable(kept);
  }

  @Override
  public CompletionStage<Void> enrolled(EnclaveId enclave, JwkSet commandKeys) {
    return outage.run(() -> {
      synchronized (this) {
        kept = new Kept(enclave, commandKeys, kept == null ? 0 : kept.lastApplied());
      }
    });
  }

  @Override
  public CompletionStage<Void> applied(long number) {
    return outage.run(() -> {
      synchronized (this) {
        if (kept == null) {
          throw new IllegalStateException("nothing is applied before the enrolment");
        }
        kept = new Kept(kept.enclave(), kept.commandKeys(), Math.max(kept.lastApplied(), number));
      }
    });
  }

  @Override
  public CompletionStage<byte[]> enrolmentKey() {
    return outage.attempt(enrolmentKey::clone);
  }
}
