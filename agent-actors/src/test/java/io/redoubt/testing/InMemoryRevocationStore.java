package io.redoubt.testing;

import io.redoubt.revocation.Revocation;
import io.redoubt.revocation.RevocationStore;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Revocations in memory; the same one twice is one. */
public final class InMemoryRevocationStore implements RevocationStore {
  public final Outage outage = new Outage();
  private final Set<Revocation> revocations = new LinkedHashSet<>();

  @Override
  public CompletionStage<Void> add(Revocation revocation) {
    return outage.run(() -> {
      synchronized (this) {
        revocations.add(revocation);
      }
    });
  }

  @Override
  public CompletionStage<List<Revocation>> standing(Instant now) {
    return outage.attempt(() -> {
      synchronized (this) {
        return revocations.stream().filter(each -> each.forgetAt().isAfter(now)).toList();
      }
    });
  }

  @Override
  public CompletionStage<Integer> forget(Instant before) {
    return outage.attempt(() -> {
      synchronized (this) {
        int all = revocations.size();
        revocations.removeIf(each -> each.forgetAt().isBefore(before));
        return all - revocations.size();
      }
    });
  }
}
