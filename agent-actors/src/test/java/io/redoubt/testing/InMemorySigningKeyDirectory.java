package io.redoubt.testing;

import io.redoubt.identity.SigningKeyDirectory;
import io.redoubt.protocol.jwt.VerificationKey;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Public keys in memory, all of them genuine. */
public final class InMemorySigningKeyDirectory implements SigningKeyDirectory {
  private record Entry(VerificationKey key, Instant notAfter) {
    boolean good(Instant now) {
      return now.isBefore(notAfter);
    }
  }

  public final Outage outage = new Outage();
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  @Override
  public CompletionStage<Void> publish(VerificationKey key, String node, Instant notAfter) {
    return outage.run(() -> {
      synchronized (this) {
        entries.put(key.kid(), new Entry(key, notAfter));
      }
    });
  }

  @Override
  public CompletionStage<Optional<VerificationKey>> find(String kid, Instant now) {
    return outage.attempt(() -> known(kid, now));
  }

  private synchronized Optional<VerificationKey> known(String kid, Instant now) {
    return Optional.ofNullable(entries.get(kid)).filter(each -> each.good(now)).map(Entry::key);
  }

  @Override
  public CompletionStage<List<VerificationKey>> all(Instant now) {
    return outage.attempt(() -> {
      synchronized (this) {
        return entries.values().stream().filter(each -> each.good(now)).map(Entry::key).toList();
      }
    });
  }

  @Override
  public CompletionStage<Integer> forget(Instant before) {
    return outage.attempt(() -> {
      synchronized (this) {
        int all = entries.size();
        entries.values().removeIf(each -> each.notAfter().isBefore(before));
        return all - entries.size();
      }
    });
  }
}
