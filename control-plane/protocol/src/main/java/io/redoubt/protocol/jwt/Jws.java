package io.redoubt.protocol.jwt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectReader;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A signed token in compact form (RFC 7515 §7.1), and nothing but ES256. The header has exactly
 * {@code alg}, {@code kid} and {@code typ}: with no {@code crit}, {@code jwk}, {@code jku} or
 * {@code x5u} to believe, a token cannot say how it wants to be checked (RFC 8725 §3.1, §3.11).
 */
public final class Jws {
  /** What the token is for; a token of one use never passes for another (RFC 8725 §3.11). */
  public enum Type {
    AGENT_ACCESS("at+jwt"),
    OPERATOR_ACCESS("redoubt-operator+jwt"),
    LINK_COMMAND("redoubt-command+jwt"),
    POLICY_BUNDLE("redoubt-bundle+jwt"),
    SERVICE_IDENTITY("redoubt-service+jwt");

    private final String typ;

    Type(String typ) {
      this.typ = typ;
    }
  }

  private record Header(@Nullable String alg, @Nullable String kid, @Nullable String typ) {}

  private static final ObjectReader HEADER_READER = Json.STRICT.readerFor(Header.class);
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

  private final String kid;
  private final Type type;
  private final byte[] payload;
  private final byte[] signingInput;
  private final byte[] signature;

  private Jws(String kid, Type type, byte[] payload, byte[] signingInput, byte[] signature) {
    this.kid = kid;
    this.type = type;
    this.payload = payload;
    this.signingInput = signingInput;
    this.signature = signature;
  }

  public static String sign(SigningKey key, Type type, byte[] payload) {
    String header =
        "{\"alg\":\"ES256\",\"kid\":\"" + key.kid() + "\",\"typ\":\"" + type.typ + "\"}";
    String input =
        ENCODER.encodeToString(header.getBytes(StandardCharsets.US_ASCII))
            + '.'
            + ENCODER.encodeToString(payload);
    byte[] signature = key.sign(input.getBytes(StandardCharsets.US_ASCII));
    return input + '.' + ENCODER.encodeToString(signature);
  }

  /** Takes a token apart without believing any of it; empty if it is not of this form and type. */
  public static Optional<Jws> parse(Type type, String token, int maxLength) {
    if (token.length() > maxLength) {
      return Optional.empty();
    }
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    if (first <= 0 || second <= first + 1 || token.indexOf('.', second + 1) >= 0) {
      return Optional.empty();
    }
    try {
      @Nullable Header header = HEADER_READER.readValue(DECODER.decode(token.substring(0, first)));
      byte[] signature = DECODER.decode(token.substring(second + 1));
      if (header == null
          || header.kid == null
          || !"ES256".equals(header.alg)
          || !type.typ.equals(header.typ)
          || signature.length != Es256.SIGNATURE_BYTES
          // One signature has one spelling: leftover bits would make a second token of it.
          || !ENCODER.encodeToString(signature).equals(token.substring(second + 1))) {
        return Optional.empty();
      }
      byte[] payload = DECODER.decode(token.substring(first + 1, second));
      byte[] input = token.substring(0, second).getBytes(StandardCharsets.US_ASCII);
      return Optional.of(new Jws(header.kid, type, payload, input, signature));
    } catch (JsonProcessingException | IllegalArgumentException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  /** The key that the token says it was signed with: a name to look up, not to believe. */
  public String kid() {
    return kid;
  }

  public Type type() {
    return type;
  }

  /** What it says, believed by nobody. */
  byte[] unverifiedPayload() {
    return payload;
  }

  /** The payload, if the key's signature is on it. */
  public Optional<byte[]> payloadIfSignedBy(VerificationKey key) {
    return key.kid().equals(kid) && key.verifies(signingInput, signature)
        ? Optional.of(payload)
        : Optional.empty();
  }
}
