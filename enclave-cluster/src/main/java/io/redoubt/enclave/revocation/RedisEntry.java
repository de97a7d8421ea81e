package io.redoubt.enclave.revocation;

import io.redoubt.enclave.identity.AccessTokenIssuer;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.revocation.Revocation;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A revocation as it stands in Redis.
 *
 * @param revoked {@code family:ORGANIZATION:FAMILY} or {@code token:ORGANIZATION:JTI}
 * @param until milliseconds since 1970, after which nothing is left to refuse
 */
record RedisEntry(String revoked, long until) {
  private static final String REVOKED = "revoked";
  private static final String UNTIL = "until";
  private static final int LONGEST = 256;

  static RedisEntry of(Revocation revocation) {
    String text =
        switch (revocation) {
          case Revocation.OfFamily family ->
              "family:" + family.organization() + ":" + family.family();
          case Revocation.OfToken token -> "token:" + token.organization() + ":" + token.jti();
        };
    return new RedisEntry(text, revocation.forgetAt().toEpochMilli());
  }

  /** Empty: no such fields. */
  static Optional<RedisEntry> ofFields(Map<String, String> fields) {
    String revoked = fields.get(REVOKED);
    String until = fields.get(UNTIL);
    return revoked == null || until == null || !until.matches("\\d{1,15}")
        ? Optional.empty()
        : Optional.of(new RedisEntry(revoked, Long.parseLong(until)));
  }

  Map<String, String> fields() {
    return Map.of(REVOKED, revoked, UNTIL, Long.toString(until));
  }

  /**
   * What it says; empty where that is nothing we know, or past. Whoever can write to Redis can
   * revoke; he cannot do so for longer than a token lives.
   */
  Optional<Revocation> revocation(Instant now) {
    Instant latest = now.plus(AccessTokenIssuer.REVOCATION_SPAN);
    Instant forgetAt = Instant.ofEpochMilli(until);
    if (!forgetAt.isAfter(now) || revoked.length() > LONGEST) {
      return Optional.empty();
    }
    return parse(revoked.split(":", 3), forgetAt.isAfter(latest) ? latest : forgetAt);
  }

  private static Optional<Revocation> parse(String[] parts, Instant forgetAt) {
    if (parts.length != 3) {
      return Optional.empty();
    }
    try {
      var organization = OrganizationId.parse(parts[1]);
      return Optional.ofNullable(known(parts[0], organization, parts[2], forgetAt));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static @Nullable Revocation known(
      String kind, OrganizationId organization, String what, Instant forgetAt) {
    return switch (kind) {
      case "family" -> new Revocation.OfFamily(organization, FamilyId.parse(what), forgetAt);
      case "token" -> what.isEmpty() ? null : new Revocation.OfToken(organization, what, forgetAt);
      default -> null;
    };
  }
}
