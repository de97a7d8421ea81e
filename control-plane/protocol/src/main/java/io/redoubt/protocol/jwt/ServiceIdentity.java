package io.redoubt.protocol.jwt;

import com.fasterxml.jackson.databind.ObjectReader;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.token.TokenDigest;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one Redoubt service tells another about the agent it acts for: a short ES256 token bound to
 * one request's method, path and body, in the header {@value #HEADER}.
 *
 * @param service the signing service
 * @param accessJti the access token that the service itself verified
 * @param body SHA-256 of the request body
 * @param jti for refusing a second use
 */
public record ServiceIdentity(
    String service,
    AgentId agent,
    OrganizationId organization,
    FamilyId family,
    String accessJti,
    String method,
    String path,
    TokenDigest body,
    String jti,
    Instant issuedAt,
    Instant expiresAt) {

  public static final String HEADER = "x-redoubt-service-identity";

  private record Wire(
      String iss,
      AgentId sub,
      OrganizationId org,
      FamilyId fam,
      String ajti,
      String htm,
      String htu,
      TokenDigest bdg,
      String jti,
      long iat,
      long exp) {}

  private static final ObjectReader READER = Json.STRICT.readerFor(Wire.class);

  public String sign(SigningKey key) {
    return Jws.sign(
        key,
        Jws.Type.SERVICE_IDENTITY,
        Json.write(
            new Wire(
                service,
                agent,
                organization,
                family,
                accessJti,
                method,
                path,
                body,
                jti,
                issuedAt.getEpochSecond(),
                expiresAt.getEpochSecond())));
  }

  /**
   * Reads a payload whose signature was verified; empty if a claim is missing, unknown or wrong.
   */
  public static Optional<ServiceIdentity> read(byte[] payload) {
    try {
      @Nullable Wire wire = READER.readValue(payload);
      if (wire == null
          || wire.iss == null
          || wire.sub == null
          || wire.org == null
          || wire.fam == null
          || wire.ajti == null
          || wire.htm == null
          || wire.htu == null
          || wire.bdg == null
          || wire.jti == null) {
        return Optional.empty();
      }
      return Optional.of(
          new ServiceIdentity(
              wire.iss,
              wire.sub,
              wire.org,
              wire.fam,
              wire.ajti,
              wire.htm,
              wire.htu,
              wire.bdg,
              wire.jti,
              Instant.ofEpochSecond(wire.iat),
              Instant.ofEpochSecond(wire.exp)));
    } catch (IOException | IllegalArgumentException | java.time.DateTimeException _) {
      return Optional.empty();
    }
  }
}
