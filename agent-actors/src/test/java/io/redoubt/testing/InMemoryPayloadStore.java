package io.redoubt.testing;

import io.redoubt.payload.PayloadStore;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** Payloads in memory. */
public final class InMemoryPayloadStore implements PayloadStore {
  public final Outage outage = new Outage();
  private final List<Payload> payloads = new ArrayList<>();

  private final AtomicInteger held = new AtomicInteger();
  private volatile CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);

  /** Whatever is to be kept from now on waits until this is completed. */
  public CompletableFuture<Void> hold() {
    gate = new CompletableFuture<>();
    return gate;
  }

  /** How much has waited. */
  public int held() {
    return held.get();
  }

  @Override
  public CompletionStage<Void> keep(Payload payload) {
    if (gate.isDone()) {
      return keepNow(payload);
    }
    held.incrementAndGet();
    return gate.thenCompose(_ -> keepNow(payload));
  }

  private CompletionStage<Void> keepNow(Payload payload) {
    return outage.run(() -> {
      synchronized (this) {
        if (find(payload.action(), payload.part()).isPresent()) {
          throw new IllegalStateException("kept before: " + payload.action());
        }
        payloads.add(payload);
      }
    });
  }

  @Override
  public CompletionStage<List<Kept>> list(
      OrganizationId organization, ActionId action, Instant now) {
    return outage.attempt(() -> {
      synchronized (this) {
        return payloads.stream()
            .filter(each -> isOf(each, organization, action, now))
            .sorted(Comparator.comparing(Payload::part))
            .map(each ->
                new Kept(
                    each.part(),
                    each.mediaType(),
                    each.body().size(),
                    each.truncated(),
                    each.at(),
                    each.deleteAfter()))
            .toList();
      }
    });
  }

  @Override
  public CompletionStage<Optional<Payload>> open(
      OrganizationId organization, ActionId action, Part part, Instant now) {
    return outage.attempt(() -> {
      synchronized (this) {
        return payloads.stream()
            .filter(each -> each.part() == part && isOf(each, organization, action, now))
            .findFirst();
      }
    });
  }

  private static boolean isOf(
      Payload payload, OrganizationId organization, ActionId action, Instant now) {
    return payload.organization().equals(organization)
        && payload.action().equals(action)
        && payload.deleteAfter().isAfter(now);
  }

  @Override
  public CompletionStage<Integer> purge(Instant now) {
    return outage.attempt(() -> {
      synchronized (this) {
        int all = payloads.size();
        payloads.removeIf(each -> !each.deleteAfter().isAfter(now));
        return all - payloads.size();
      }
    });
  }

  /** How many halves are kept. */
  public synchronized int count() {
    return payloads.size();
  }

  public synchronized Optional<Payload> find(ActionId action, Part part) {
    return payloads.stream()
        .filter(each -> each.action().equals(action) && each.part() == part)
        .findFirst();
  }
}
