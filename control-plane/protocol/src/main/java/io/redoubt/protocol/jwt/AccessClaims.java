package io.redoubt.protocol.jwt;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectReader;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.net.Cidr;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The claims of an agent's access token (RFC 9068 in spirit).
 *
 * @param issuer the enclave that issued it
 * @param audience the enclave that honours it
 * @param jti unique id of the token
 * @param clientCidr the only source addresses it is good from; empty: any
 * @param jkt thumbprint of the key whose proof every use needs (RFC 9449 §6); null: bearer
 */
public record AccessClaims(
    String issuer,
    String audience,
    AgentId agent,
    OrganizationId organization,
    FamilyId family,
    String jti,
    Instant issuedAt,
    Instant expiresAt,
    List<Cidr> clientCidr,
    @Nullable String jkt) {

  private static final String SUBJECT_PREFIX = "agent:";

  /** Longer than any that is issued. */
  private static final int MAX_LENGTH = 8192;

  private static final Pattern JTI = Pattern.compile("jti_[0-9a-f]{32}");

  public AccessClaims {
    clientCidr = List.copyOf(clientCidr);
  }

  /** Whether an enclave could have given a token this id. */
  public static boolean isJti(@Nullable String text) {
    return text != null && JTI.matcher(text).matches();
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Wire(
      String iss,
      String sub,
      String aud,
      OrganizationId org,
      FamilyId fam,
      String jti,
      long iat,
      long exp,
      @Nullable List<Cidr> clientCidr,
      @Nullable Confirmation cnf) {}

  private record Confirmation(String jkt) {}

  private static final ObjectReader READER = Json.STRICT.readerFor(Wire.class);

  public String sign(SigningKey key) {
    var wire =
        new Wire(
            issuer,
            SUBJECT_PREFIX + agent,
            audience,
            organization,
            family,
            jti,
            issuedAt.getEpochSecond(),
            expiresAt.getEpochSecond(),
            clientCidr.isEmpty() ? null : clientCidr,
            jkt == null ? null : new Confirmation(jkt));
    return Jws.sign(key, Jws.Type.AGENT_ACCESS, Json.write(wire));
  }

  /**
   * Whether a text has the form of an agent's access token, of whichever enclave and however old.
   */
  public static boolean isForm(String text) {
    return Jws.parse(Jws.Type.AGENT_ACCESS, text, MAX_LENGTH)
        .flatMap(jws -> read(jws.unverifiedPayload()))
        .isPresent();
  }

  /**
   * Reads a payload whose signature was verified; empty if a claim is missing, unknown or wrong.
   */
  public static Optional<AccessClaims> read(byte[] payload) {
    try {
      @Nullable Wire wire = READER.readValue(payload);
      if (wire == null
          || wire.iss == null
          || wire.sub == null
          || !wire.sub.startsWith(SUBJECT_PREFIX)
          || wire.aud == null
          || wire.org == null
          || wire.fam == null
          || wire.jti == null
          || (wire.clientCidr != null && wire.clientCidr.contains(null))
          || (wire.cnf != null && wire.cnf.jkt == null)) {
        return Optional.empty();
      }
      return Optional.of(
          new AccessClaims(
              wire.iss,
              wire.aud,
              AgentId.parse(wire.sub.substring(SUBJECT_PREFIX.length())),
              wire.org,
              wire.fam,
              wire.jti,
              Instant.ofEpochSecond(wire.iat),
              Instant.ofEpochSecond(wire.exp),
              wire.clientCidr == null ? List.of() : wire.clientCidr,
              wire.cnf == null ? null : wire.cnf.jkt));
    } catch (IOException | IllegalArgumentException | java.time.DateTimeException _) {
      return Optional.empty();
    }
  }
}
