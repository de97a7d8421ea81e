package io.redoubt.enclave.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.revocation.Revocation;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What outside verifiers rely on, and what comes from whoever can write to Redis. */
class RedisEntryTest {
  private static final Instant NOW = Instant.parse("2026-11-21T00:00:00Z");
  private final OrganizationId organization = OrganizationId.next(Clock.systemUTC());
  private final FamilyId family = new FamilyId(UUID.randomUUID());

  @Test
  void bothKindsAreReadAsTheyWereWritten() {
    Stream.of(
            new Revocation.OfFamily(organization, family, NOW.plusSeconds(300)),
            new Revocation.OfToken(organization, "a:b", NOW.plusSeconds(300)))
        .forEach(revocation -> {
          var fields = RedisEntry.of(revocation).fields();

          assertThat(RedisEntry.ofFields(fields).flatMap(entry -> entry.revocation(NOW)))
              .contains(revocation);
        });
  }

  @Test
  void theFormIsTheDocumentedOne() {
    assertThat(
            RedisEntry.of(new Revocation.OfFamily(organization, family, NOW.plusSeconds(300)))
                .fields())
        .isEqualTo(
            Map.of("revoked", "family:" + organization + ":" + family, "until", "1795219500000"));
  }

  @Test
  void nobodyRevokesForLongerThanATokenLives() {
    var forged = new RedisEntry("family:" + organization + ":" + family, 999_999_999_999_999L);

    assertThat(forged.revocation(NOW))
        .contains(new Revocation.OfFamily(organization, family, NOW.plusSeconds(360)));
  }

  @Test
  void whatIsPastOrUnknownIsNothing() {
    long later = NOW.plusSeconds(60).toEpochMilli();
    String known = "family:" + organization + ":" + family;

    assertThat(new RedisEntry(known, NOW.toEpochMilli()).revocation(NOW)).isEmpty();
    Stream.of(
            "",
            "family",
            "family:" + organization,
            "family:org_1:" + family,
            "family:" + organization + ":fam_1",
            "token:" + organization + ":",
            "everything:" + organization + ":x",
            "token:" + organization + ":" + "x".repeat(300))
        .forEach(
            text -> assertThat(new RedisEntry(text, later).revocation(NOW)).as(text).isEmpty());
    assertThat(RedisEntry.ofFields(Map.of("revoked", known))).isEmpty();
    assertThat(RedisEntry.ofFields(Map.of("revoked", known, "until", "soon"))).isEmpty();
  }
}
