package io.redoubt.enclave.agentapi;

import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import io.redoubt.enclave.identity.AccessTokenIssuer;
import io.redoubt.enclave.identity.PublishedKeys;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.token.AgentToken;
import java.util.List;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code GET /v1/agent/discover} and its key set: what an agent may know without a credential. */
final class DiscoverRoutes {
  private static final String JWKS_PATH = "/v1/agent/discover/jwks.json";

  private final EdgeConfig edge;
  private final CallLimits limits;
  private final PublishedKeys keys;
  private final EnclaveId enclave;
  private final String version;
  private final Endpoints endpoints;

  DiscoverRoutes(
      EdgeConfig edge,
      CallLimits limits,
      PublishedKeys keys,
      EnclaveId enclave,
      String version,
      Endpoints endpoints) {
    this.edge = edge;
    this.limits = limits;
    this.keys = keys;
    this.enclave = enclave;
    this.version = version;
    this.endpoints = endpoints;
  }

  record Discovery(
      EnclaveId enclaveId,
      String version,
      String issuer,
      JwkSet jwks,
      String jwksUri,
      AccessToken accessToken,
      RefreshToken refreshToken,
      List<String> proofOfPossession,
      Endpoints endpoints) {}

  record AccessToken(String alg, long lifetimeSeconds) {}

  record RefreshToken(long lifetimeSeconds, Format format) {}

  /** How a client forms its own next token (G2). */
  record Format(
      String prefix,
      int length,
      String text,
      String familyHandle,
      String secret,
      String checksum,
      String commitment) {

    static final Format CURRENT =
        new Format(
            AgentToken.Kind.REFRESH.prefix(),
            AgentToken.LENGTH,
            "prefix + family_handle + '.' + secret + '.' + checksum",
            "the 64 characters after the prefix of the presented token, bootstrap or refresh",
            "32 random bytes, base64url without padding (43 characters)",
            "CRC-32 (IEEE 802.3) of the ASCII text before the last dot, 4 bytes big-endian,"
                + " base64url without padding (6 characters)",
            "next_refresh_token_digest is the SHA-256 of the whole token's ASCII text, in"
                + " lower-case hexadecimal");
  }

  Route routes() {
    return concat(
        path(segment("v1").slash("agent").slash("discover"), () -> get(this::discover)),
        path(
            segment("v1").slash("agent").slash("discover").slash("jwks.json"),
            () -> get(this::keySet)));
  }

  private Route discover() {
    return extractRequest(request -> {
      limits.admit(Requests.source(edge, request));
      return Replies.async(keys.all().thenApply(set -> Replies.json(200, discovery(set))));
    });
  }

  private Route keySet() {
    return extractRequest(request -> {
      limits.admit(Requests.source(edge, request));
      return Replies.async(keys.all().thenApply(set -> Replies.json(200, set)));
    });
  }

  private Discovery discovery(JwkSet set) {
    return new Discovery(
        enclave,
        version,
        AccessTokenIssuer.issuerOf(enclave),
        set,
        JWKS_PATH,
        new AccessToken("ES256", AccessTokenIssuer.LIFETIME.toSeconds()),
        new RefreshToken(Grant.REFRESH_LIFETIME.toSeconds(), Format.CURRENT),
        List.of("none", "dpop"),
        endpoints);
  }
}
