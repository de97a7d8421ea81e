package io.redoubt.enclave.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.family.FamilyKey;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.revocation.Revocation;
import io.redoubt.testing.InMemoryRevocationStore;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RevocationViewTest {
  private static final Instant NOW = Instant.parse("2026-11-21T00:00:00Z");
  private final ManualClock clock = new ManualClock(NOW);
  private final InMemoryRevocationStore store = new InMemoryRevocationStore();
  private final List<Revocation> told = new ArrayList<>();
  private final List<Revocation> cut = new ArrayList<>();
  private final OrganizationId organization = OrganizationId.next(clock);
  private final RevocationView view = view(100);

  private RevocationView view(int maxEntries) {
    return new RevocationView(
        store,
        new RevocationConfig(
            Duration.ofMillis(500), maxEntries, RedisConfig.from(ConfigFactory.load())),
        clock,
        told::add,
        revocation -> {
          cut.add(revocation);
          return 2;
        },
        new SimpleMeterRegistry());
  }

  @Test
  void aRevokedFamilyIsRefusedUntilItsLastTokenHasExpired() {
    var family = family();
    view.revoke(of(family));

    assertThat(view.covers(token(organization, family, "a"))).isTrue();
    assertThat(view.covers(token(organization, family(), "a"))).isFalse();
    assertThat(view.covers(token(OrganizationId.next(clock), family, "a"))).isFalse();

    clock.advance(Duration.ofMinutes(5));
    assertThat(view.covers(token(organization, family, "a"))).isFalse();
    view.catchUp();
    assertThat(view.covers(new FamilyKey(organization, family))).isFalse();
  }

  @Test
  void aRevokedTokenIsRefusedAndItsSiblingsAreNot() {
    view.revoke(new Revocation.OfToken(organization, "a", NOW.plusSeconds(300)));

    assertThat(view.covers(token(organization, family(), "a"))).isTrue();
    assertThat(view.covers(token(organization, family(), "b"))).isFalse();
  }

  @Test
  void everyNodeIsToldAndWhatIsUnderWayIsCutOnce() {
    var revocation = of(family());

    view.revoke(revocation);

    assertThat(view.apply(revocation)).isZero();

    assertThat(told).containsExactly(revocation);
    assertThat(cut).containsExactly(revocation);
  }

  @Test
  void whoAppliesARevocationFirstHearsHowMuchWasCut() {
    assertThat(view.apply(of(family()))).isEqualTo(2);
  }

  @Test
  void whatTheBroadcastDidNotBringIsReadFromTheStore() {
    var family = family();
    store.add(of(family));
    assertThat(view.caughtUpWithin(Duration.ofSeconds(5))).isFalse();

    view.catchUp();

    assertThat(view.caughtUpWithin(Duration.ofSeconds(5))).isTrue();
    assertThat(view.covers(token(organization, family, "a"))).isTrue();
    assertThat(cut).hasSize(1);
  }

  @Test
  void whileTheStoreIsAwayARevocationHoldsHereAndIsSavedLater() {
    var family = family();
    store.outage.begin();

    var revoked = view.revoke(of(family)).toCompletableFuture();

    assertThat(revoked).isCompletedExceptionally();
    assertThat(view.covers(token(organization, family, "a"))).isTrue();
    store.outage.end();
    view.catchUp();
    assertThat(store.standing(NOW).toCompletableFuture().join()).containsExactly(of(family));
  }

  @Test
  void overTheLimitTheWholeOrganizationIsRefusedAndNobodyElse() {
    var small = view(2);
    small.revoke(of(family()));
    small.revoke(of(family()));
    assertThat(small.covers(token(organization, family(), "a"))).isFalse();

    small.revoke(of(family()));

    assertThat(small.covers(token(organization, family(), "a"))).isTrue();
    assertThat(small.covers(token(OrganizationId.next(clock), family(), "a"))).isFalse();
  }

  @Test
  void overTheLimitWhatIsUnderWayIsCutAllTheSame() {
    var small = view(1);
    small.revoke(of(family()));
    small.revoke(of(family()));
    var beyond = of(family());

    small.revoke(beyond);

    assertThat(cut).contains(beyond);
  }

  private Revocation of(FamilyId family) {
    return new Revocation.OfFamily(organization, family, NOW.plusSeconds(300));
  }

  private static FamilyId family() {
    return new FamilyId(UUID.randomUUID());
  }

  private AccessClaims token(OrganizationId of, FamilyId family, String jti) {
    return new AccessClaims(
        "iss",
        "aud",
        AgentId.next(clock),
        of,
        family,
        jti,
        NOW,
        NOW.plusSeconds(300),
        List.of(),
        null);
  }
}
