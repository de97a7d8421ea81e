package io.redoubt.multinode.product;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.zip.CRC32;

/** What a client knows of tokens: only what {@code /v1/agent/discover} tells it. */
public final class TokenText {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final int PREFIX = "rdr_".length();
  private static final int HANDLE = 64;

  private TokenText() {}

  /** A successor that the client makes itself (G2). */
  public static String successorOf(String presented) {
    byte[] secret = new byte[32];
    RANDOM.nextBytes(secret);
    String body =
        "rdr_" + presented.substring(PREFIX, PREFIX + HANDLE) + '.' + BASE64.encodeToString(secret);
    return withChecksum(body);
  }

  /** A token of nobody: well-formed, and of a family that does not exist. */
  public static String stranger(String prefix) {
    byte[] handle = new byte[48];
    RANDOM.nextBytes(handle);
    byte[] secret = new byte[32];
    RANDOM.nextBytes(secret);
    return withChecksum(
        prefix + BASE64.encodeToString(handle) + '.' + BASE64.encodeToString(secret));
  }

  private static String withChecksum(String body) {
    var crc = new CRC32();
    crc.update(body.getBytes(StandardCharsets.US_ASCII));
    byte[] bytes = ByteBuffer.allocate(4).putInt((int) crc.getValue()).array();
    return body + '.' + BASE64.encodeToString(bytes);
  }

  /** SHA-256 in lower-case hexadecimal, of the token's whole text. */
  public static String digest(String token) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(token.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** What stands for the token in histories. */
  static String label(String token) {
    return digest(token).substring(0, 12);
  }

  /** What stands for the token's family. */
  static String family(String token) {
    return digest(token.substring(PREFIX, PREFIX + HANDLE)).substring(0, 12);
  }

  /** The {@code jti} of an access token. */
  static String accessId(String jwt) {
    String[] parts = jwt.split("\\.", -1);
    String claims = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
    return Documents.parse(claims).required("jti").asText();
  }
}
