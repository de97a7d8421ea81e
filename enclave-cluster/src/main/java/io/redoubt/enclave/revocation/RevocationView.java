package io.redoubt.enclave.revocation;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.family.FamilyKey;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.revocation.Revocation;
import io.redoubt.revocation.RevocationStore;
import io.redoubt.revocation.Revocations;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node refuses. A revocation reaches it by broadcast from the node that made it, and by
 * reading the store every moment, so that neither a lost message nor a rejoin leaves a gap longer
 * than that (G2).
 *
 * <p>Memory is bounded: over the limit the view no longer tells families apart and refuses the
 * whole organization until the revocation is past, closed rather than open (G5).
 */
public final class RevocationView implements Revocations {
  private static final Logger LOG = LoggerFactory.getLogger(RevocationView.class);

  /** One access token, tenant first. */
  private record TokenKey(OrganizationId organization, String jti) {}

  private final RevocationStore store;
  private final RevocationConfig config;
  private final InstantSource clock;
  private final Consumer<Revocation> broadcast;
  private final ToIntFunction<Revocation> whenNew;

  /** Family, token or whole organization, to the instant after which it is forgotten. */
  private final Map<Object, Instant> refused = new ConcurrentHashMap<>();

  /** Applied and told, but not durable yet: tried again at every poll. */
  private final Map<Object, Revocation> unsaved = new ConcurrentHashMap<>();

  private volatile @Nullable Instant caughtUpAt;

  /**
   * A view.
   *
   * @param broadcast tells the other nodes, without waiting for them
   * @param whenNew called for what this node did not refuse before, and again for what it cannot
   *     tell apart: cuts what is under way, and says how much that was
   */
  public RevocationView(
      RevocationStore store,
      RevocationConfig config,
      InstantSource clock,
      Consumer<Revocation> broadcast,
      ToIntFunction<Revocation> whenNew,
      MeterRegistry metrics) {
    this.store = store;
    this.config = config;
    this.clock = clock;
    this.broadcast = broadcast;
    this.whenNew = whenNew;
    metrics.gaugeMapSize("redoubt.revocation.standing", List.of(), refused);
    metrics.gaugeMapSize("redoubt.revocation.unsaved", List.of(), unsaved);
  }

  @Override
  public boolean covers(AccessClaims token) {
    if (refused.isEmpty()) {
      return false;
    }
    var organization = token.organization();
    return stands(new FamilyKey(organization, token.family()))
        || stands(new TokenKey(organization, token.jti()))
        || stands(organization);
  }

  /** Whether the family's access tokens are refused here. */
  public boolean covers(FamilyKey family) {
    return stands(family) || stands(family.organization());
  }

  private boolean stands(Object key) {
    Instant until = refused.get(key);
    return until != null && clock.instant().isBefore(until);
  }

  @Override
  public CompletionStage<Void> revoke(Revocation revocation) {
    // Here and everywhere first: the database may be slow, a thief is not.
    int _ = apply(revocation);
    broadcast.accept(revocation);
    Object key = keyOf(revocation);
    if (unsaved.size() < config.maxEntries()) {
      unsaved.put(key, revocation);
    }
    return save(key, revocation);
  }

  private CompletionStage<Void> save(Object key, Revocation revocation) {
    return store.add(revocation).thenRun(() -> unsaved.remove(key, revocation));
  }

  /**
   * Refuses from now on what another node, or the store, says is revoked.
   *
   * @return how much was cut here for it
   */
  public int apply(Revocation revocation) {
    Object key = keyOf(revocation);
    boolean known = stands(key);
    if (refused.size() >= config.maxEntries() && !refused.containsKey(key)) {
      LOG.warn(
          "More than {} revocations stand; refusing all of organization {} until {}",
          config.maxEntries(),
          revocation.organization(),
          revocation.forgetAt());
      key = revocation.organization();
    }
    refused.merge(key, revocation.forgetAt(), (a, b) -> a.isAfter(b) ? a : b);
    return known ? 0 : whenNew.applyAsInt(revocation);
  }

  /**
   * Reads the store, saves what is not saved, forgets what is past.
   *
   * @return all that the store holds and that stands
   */
  public CompletionStage<List<Revocation>> catchUp() {
    Instant now = clock.instant();
    refused.values().removeIf(until -> !now.isBefore(until));
    unsaved.values().removeIf(revocation -> !now.isBefore(revocation.forgetAt()));
    var saves =
        unsaved.entrySet().stream()
            .map(entry -> save(entry.getKey(), entry.getValue()).toCompletableFuture())
            .toArray(CompletableFuture[]::new);
    return CompletableFuture.allOf(saves)
        .thenCompose(_ -> store.standing(now))
        .thenApply(standing -> {
          standing.forEach(this::apply);
          caughtUpAt = now;
          return standing;
        });
  }

  /** Whether everything that stood so long ago is known here. */
  public boolean caughtUpWithin(Duration span) {
    Instant at = caughtUpAt;
    return at != null && !clock.instant().isAfter(at.plus(span));
  }

  private static Object keyOf(Revocation revocation) {
    return switch (revocation) {
      case Revocation.OfFamily family -> new FamilyKey(family.organization(), family.family());
      case Revocation.OfToken token -> new TokenKey(token.organization(), token.jti());
    };
  }
}
