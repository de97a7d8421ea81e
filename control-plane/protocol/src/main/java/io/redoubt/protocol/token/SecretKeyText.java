package io.redoubt.protocol.token;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A long-lived shared secret that names its owner: {@code prefix_OWNER.SECRET.CHECKSUM}. OWNER is
 * an identifier, SECRET is 32 random bytes and CHECKSUM a CRC-32 as in {@link AgentToken}.
 */
public final class SecretKeyText {
  /** Whose key it is. */
  public enum Kind {
    ENCLAVE_API_KEY("rde_"),
    CLIENT_SECRET("rdc_");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final Pattern BODY =
      Pattern.compile(
          "(rd[ec]_)([a-z]{3}_[0-9a-f]{32})\\.([A-Za-z0-9_-]{43})\\.([A-Za-z0-9_-]{6})");

  private final String owner;
  private final String text;

  private SecretKeyText(String owner, String text) {
    this.owner = owner;
    this.text = text;
  }

  /** A fresh key for an owner, named by its identifier. */
  public static SecretKeyText mint(Kind kind, Object owner) {
    byte[] secret = new byte[32];
    RANDOM.nextBytes(secret);
    String body = kind.prefix + owner + '.' + ENCODER.encodeToString(secret);
    return new SecretKeyText(owner.toString(), body + '.' + Checksum.of(body));
  }

  /** Reads a key; empty for anything that {@link #mint} could not have written. */
  public static Optional<SecretKeyText> parse(Kind kind, @Nullable String text) {
    if (text == null) {
      return Optional.empty();
    }
    var match = BODY.matcher(text);
    if (!match.matches()
        || !match.group(1).equals(kind.prefix)
        || !canonical(match.group(3))
        || !Checksum.of(text.substring(0, text.lastIndexOf('.'))).equals(match.group(4))) {
      return Optional.empty();
    }
    return Optional.of(new SecretKeyText(match.group(2), text));
  }

  /** Base64 has several spellings for one value where bits are left over; only one is ours. */
  private static boolean canonical(String secret) {
    return ENCODER.encodeToString(Base64.getUrlDecoder().decode(secret)).equals(secret);
  }

  /** The identifier in its written form. */
  public String owner() {
    return owner;
  }

  /** The secret itself: for the one answer that hands it out, and for nothing else. */
  public String reveal() {
    return text;
  }

  public TokenDigest digest() {
    return TokenDigest.of(text);
  }

  @Override
  public String toString() {
    return "SecretKeyText[" + owner + ", ***]";
  }
}
