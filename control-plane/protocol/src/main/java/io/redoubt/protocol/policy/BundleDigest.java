package io.redoubt.protocol.policy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a bundle's content is known by: {@code sha256:} and 64 lower-case hexadecimal digits.
 *
 * @param text the written form
 */
public record BundleDigest(String text) {
  private static final String PREFIX = "sha256:";
  private static final Pattern FORM = Pattern.compile(PREFIX + "[0-9a-f]{64}");

  public BundleDigest {
    if (!FORM.matcher(text).matches()) {
      throw new IllegalArgumentException("a digest is sha256: and 64 hexadecimal digits");
    }
  }

  /** Of a bundle's canonical bytes. */
  public static BundleDigest of(byte[] canonical) {
    try {
      return new BundleDigest(
          PREFIX
              + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(canonical)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static BundleDigest parse(@Nullable String text) {
    return new BundleDigest(text == null ? "" : text);
  }

  @JsonValue
  @Override
  public String toString() {
    return text;
  }
}
