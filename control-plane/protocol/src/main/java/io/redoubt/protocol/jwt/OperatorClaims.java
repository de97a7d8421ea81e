package io.redoubt.protocol.jwt;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectReader;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The claims of an operator token: who calls the operator API, for which organization, and what
 * they may do there. Lives 15 minutes.
 *
 * @param subject a member's or a client's identifier
 * @param client the OAuth client that asked for the token
 * @param permissions {@code resource:verb} each
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
    Instant expiresAt) {

  /** Audience of every operator token. */
  public static final String AUDIENCE = "urn:redoubt:operator";

  public OperatorClaims {
    permissions = Set.copyOf(permissions);
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
      long exp) {}

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
                expiresAt.getEpochSecond())));
  }

  /** The same, good for nothing that is not among these. */
  public OperatorClaims within(Set<String> most) {
    var both = new HashSet<>(permissions);
    both.retainAll(most);
    return new OperatorClaims(
        issuer, audience, subject, client, organization, both, jti, issuedAt, expiresAt);
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
          || wire.jti == null) {
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
              Instant.ofEpochSecond(wire.exp)));
    } catch (IOException | IllegalArgumentException | java.time.DateTimeException _) {
      return Optional.empty();
    }
  }
}
