package io.redoubt.protocol.jwt;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectReader;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The claims of an operator token: who calls the operator API, for which organization, and what
 * they may do there. Lives 15 minutes.
 *
 * @param subject a member's or a client's identifier
 * @param client the OAuth client that asked for the token
 * @param permissions {@code resource:verb} each
 * @param authenticatedAt when the client proved its secret (RFC 9470 §6.1), which no renewal
 *     without it may change; null: that is not known, so it was never lately
 * @param secretFrom since when the client has had the secret that it proved, to the microsecond:
 *     with another one it ends; null: a release that did not say so has issued it
 */
public record OperatorClaims(
    String issuer,
    String audience,
    String subject,
    String client,
    OrganizationId organization,
    Set<String> permissions,
    String jti,
    Instant issuedAt,
    Instant expiresAt,
    @Nullable Instant authenticatedAt,
    @Nullable Instant secretFrom) {

  /** Audience of every operator token. */
  public static final String AUDIENCE = "urn:redoubt:operator";

  public OperatorClaims {
    permissions = Set.copyOf(permissions);
  }

  /** It is not known when the client proved its secret, nor which. */
  public OperatorClaims(
      String issuer,
      String audience,
      String subject,
      String client,
      OrganizationId organization,
      Set<String> permissions,
      String jti,
      Instant issuedAt,
      Instant expiresAt) {
    this(
        issuer,
        audience,
        subject,
        client,
        organization,
        permissions,
        jti,
        issuedAt,
        expiresAt,
        null,
        null);
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Wire(
      String iss,
      String sub,
      String aud,
      String clientId,
      OrganizationId org,
      Set<String> permissions,
      String jti,
      long iat,
      long exp,
      @Nullable Long authTime,
      @Nullable Long secretFrom) {}

  private static final ObjectReader READER = Json.STRICT.readerFor(Wire.class);

  public String sign(SigningKey key) {
    return Jws.sign(
        key,
        Jws.Type.OPERATOR_ACCESS,
        Json.write(
            new Wire(
                issuer,
                subject,
                audience,
                client,
                organization,
                permissions,
                jti,
                issuedAt.getEpochSecond(),
                expiresAt.getEpochSecond(),
                authenticatedAt == null ? null : authenticatedAt.getEpochSecond(),
                secretFrom == null ? null : ChronoUnit.MICROS.between(Instant.EPOCH, secretFrom))));
  }

  /** The same, good for nothing that is not among these. */
  public OperatorClaims within(Set<String> most) {
    var both = new HashSet<>(permissions);
    both.retainAll(most);
    return new OperatorClaims(
        issuer,
        audience,
        subject,
        client,
        organization,
        both,
        jti,
        issuedAt,
        expiresAt,
        authenticatedAt,
        secretFrom);
  }

  /**
   * How long ago the client proved its secret, in seconds. Clocks differ a little: what is said to
   * lie ahead was just now. Empty: that is not known.
   */
  public OptionalLong authenticationAge(Instant now) {
    return authenticatedAt == null
        ? OptionalLong.empty()
        : OptionalLong.of(Math.max(0, now.getEpochSecond() - authenticatedAt.getEpochSecond()));
  }

  /**
   * Reads a payload whose signature was verified; empty if a claim is missing, unknown or wrong.
   */
  public static Optional<OperatorClaims> read(byte[] payload) {
    try {
      @Nullable Wire wire = READER.readValue(payload);
      if (wire == null
          || wire.iss == null
          || wire.sub == null
          || wire.aud == null
          || wire.clientId == null
          || wire.org == null
          || wire.permissions == null
          || wire.permissions.contains(null)
          || wire.jti == null
          || (wire.authTime != null && wire.authTime > wire.iat)) {
        return Optional.empty();
      }
      return Optional.of(
          new OperatorClaims(
              wire.iss,
              wire.aud,
              wire.sub,
              wire.clientId,
              wire.org,
              wire.permissions,
              wire.jti,
              Instant.ofEpochSecond(wire.iat),
              Instant.ofEpochSecond(wire.exp),
              wire.authTime == null ? null : Instant.ofEpochSecond(wire.authTime),
              wire.secretFrom == null
                  ? null
                  : Instant.EPOCH.plus(wire.secretFrom, ChronoUnit.MICROS)));
    } catch (IOException | IllegalArgumentException | java.time.DateTimeException _) {
      return Optional.empty();
    }
  }
}
