package io.redoubt.enclave.agentapi;

import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.token.TokenDigest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A client's key, and the proofs that it makes with it (RFC 9449 §4.2). */
final class DpopKey {
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private final SigningKey key = SigningKey.generate();

  String proof(String method, URI uri, @Nullable String accessToken) {
    var jwk = key.publicHalf().jwk();
    var head =
        Map.of(
            "typ",
            "dpop+jwt",
            "alg",
            "ES256",
            "jwk",
            Map.of("kty", "EC", "crv", "P-256", "x", jwk.x(), "y", jwk.y()));
    var claims = new LinkedHashMap<String, Object>();
    claims.put("jti", UUID.randomUUID().toString());
    claims.put("htm", method);
    claims.put("htu", uri.toString());
    claims.put("iat", Clock.systemUTC().instant().getEpochSecond());
    if (accessToken != null) {
      claims.put("ath", ENCODER.encodeToString(TokenDigest.of(accessToken).bytes()));
    }
    String input =
        ENCODER.encodeToString(Json.write(head)) + '.' + ENCODER.encodeToString(Json.write(claims));
    byte[] signature = key.sign(input.getBytes(StandardCharsets.US_ASCII));
    return input + '.' + ENCODER.encodeToString(signature);
  }
}
