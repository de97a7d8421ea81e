package io.redoubt.protocol.token;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256 of a token's ASCII text: all that is ever stored of a token (G6). Equality takes the same
 * time wherever the first difference stands.
 */
public final class TokenDigest {
  private static final HexFormat HEX = HexFormat.of();
  private static final int BYTES = 32;

  private final byte[] sha256;

  private TokenDigest(byte[] sha256) {
    this.sha256 = sha256;
  }

  public static TokenDigest of(String tokenText) {
    return new TokenDigest(sha256(tokenText.getBytes(StandardCharsets.US_ASCII)));
  }

  public static TokenDigest ofBytes(byte[] sha256) {
    if (sha256.length != BYTES) {
      throw new IllegalArgumentException("a SHA-256 digest has 32 bytes");
    }
    return new TokenDigest(sha256.clone());
  }

  /**
   * Reads 64 lower-case hexadecimal digits.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static TokenDigest parse(@Nullable String hex) {
    if (hex == null || hex.length() != 2 * BYTES) {
      throw new IllegalArgumentException("a digest is 64 hexadecimal digits");
    }
    byte[] bytes = HEX.parseHex(hex);
    if (!HEX.formatHex(bytes).equals(hex)) {
      throw new IllegalArgumentException("a digest is written in lower case");
    }
    return new TokenDigest(bytes);
  }

  public byte[] bytes() {
    return sha256.clone();
  }

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TokenDigest that && MessageDigest.isEqual(sha256, that.sha256);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sha256);
  }

  @JsonValue
  @Override
  public String toString() {
    return HEX.formatHex(sha256);
  }
}
