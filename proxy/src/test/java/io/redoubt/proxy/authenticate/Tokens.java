package io.redoubt.proxy.authenticate;

import com.typesafe.config.ConfigFactory;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.protocol.token.TokenDigest;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/** Tokens and proofs, good ones and forged ones. */
final class Tokens {
  static final String ISSUER = "urn:redoubt:enclave:enc_1";
  static final OrganizationId ORGANIZATION = new OrganizationId(new UUID(2, 2));
  static final AgentId AGENT = new AgentId(new UUID(3, 3));
  static final FamilyId FAMILY = new FamilyId(new UUID(4, 4));
  static final InetAddress SOURCE = InetAddress.ofLiteral("10.1.2.3");
  static final AuthenticateConfig CONFIG = AuthenticateConfig.from(ConfigFactory.load());

  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  private Tokens() {}

  static AccessClaims claims(Instant now) {
    return claims(ISSUER, ISSUER, now, now.plusSeconds(300), List.of(), null);
  }

  static AccessClaims claims(
      String issuer,
      String audience,
      Instant from,
      Instant until,
      List<Cidr> cidr,
      @Nullable String jkt) {
    return new AccessClaims(
        issuer, audience, AGENT, ORGANIZATION, FAMILY, "jti-1", from, until, cidr, jkt);
  }

  static HttpRequest request(String authorization) {
    return HttpRequest.POST("http://enclave.test:8445/v1/messages?beta=true")
        .addHeader(RawHeader.create("Authorization", authorization));
  }

  static HttpRequest bearer(String token) {
    return request("Bearer " + token);
  }

  static String encode(String text) {
    return BASE64.encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  static String encode(byte[] bytes) {
    return BASE64.encodeToString(bytes);
  }

  static String decode(String part) {
    return new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
  }

  /** A token of any header and payload, signed. */
  static String signed(SigningKey key, String header, String payload) {
    String input = encode(header) + '.' + encode(payload);
    return input + '.' + encode(key.sign(input.getBytes(StandardCharsets.US_ASCII)));
  }

  static String ath(String token) {
    return encode(TokenDigest.of(token).bytes());
  }

  /** A proof as a client makes it; {@code changes} replace claims, null leaves one out. */
  static String proof(
      SigningKey key, Instant now, @Nullable String token, Map<String, Object> changes) {
    var jwk = key.publicHalf().jwk();
    var header =
        Map.of(
            "typ",
            "dpop+jwt",
            "alg",
            "ES256",
            "jwk",
            Map.of("kty", "EC", "crv", "P-256", "x", jwk.x(), "y", jwk.y()));
    var claims = new LinkedHashMap<String, Object>();
    claims.put("jti", UUID.randomUUID().toString());
    claims.put("htm", "POST");
    claims.put("htu", "http://enclave.test:8445/v1/messages");
    claims.put("iat", now.getEpochSecond());
    if (token != null) {
      claims.put("ath", ath(token));
    }
    changes.forEach(claims::put);
    return signed(
        key,
        new String(Json.write(header), StandardCharsets.UTF_8),
        new String(Json.write(claims), StandardCharsets.UTF_8));
  }

  static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(5, java.util.concurrent.TimeUnit.SECONDS).join();
  }
}
