package io.redoubt.protocol.token;

import io.redoubt.protocol.id.FamilyId;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A bootstrap or refresh token: {@code prefix_HANDLE.SECRET.CHECKSUM}, each part base64url without
 * padding (RFC 4648 §5).
 *
 * <ul>
 *   <li>HANDLE: the 48 bytes of the {@link FamilyHandle}, 64 characters;
 *   <li>SECRET: 32 random bytes, 43 characters;
 *   <li>CHECKSUM: CRC-32 (big-endian) of the ASCII text before its dot, 6 characters: typing errors
 *       cost no look-up, and secret scanners know a leaked token for certain.
 * </ul>
 *
 * A client that commits to its successor (G2) writes the same form: its own handle, 32 random bytes
 * of its own.
 */
public final class AgentToken {
  /** What a token is good for. */
  public enum Kind {
    BOOTSTRAP("rdb_"),
    REFRESH("rdr_");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }

    public String prefix() {
      return prefix;
    }
  }

  private static final int HANDLE_CHARS = 64;
  private static final int SECRET_BYTES = 32;
  private static final int SECRET_CHARS = 43;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  /** Length of a token's text in characters. */
  public static final int LENGTH = 4 + HANDLE_CHARS + 1 + SECRET_CHARS + 1 + Checksum.CHARS;

  private final String text;
  private final FamilyHandle handle;

  private AgentToken(String text, FamilyHandle handle) {
    this.text = text;
    this.handle = handle;
  }

  /** A fresh token of the family. */
  public static AgentToken mint(Kind kind, FamilyHandle handle) {
    byte[] secret = new byte[SECRET_BYTES];
    RANDOM.nextBytes(secret);
    String body =
        kind.prefix()
            + ENCODER.encodeToString(handle.bytes())
            + '.'
            + ENCODER.encodeToString(secret);
    return new AgentToken(body + '.' + Checksum.of(body), handle);
  }

  /** Reads a token; empty for anything that {@link #mint} could not have written. */
  public static Optional<AgentToken> parse(Kind kind, @Nullable String text) {
    if (text == null || text.length() != LENGTH || !text.startsWith(kind.prefix())) {
      return Optional.empty();
    }
    int handleEnd = kind.prefix().length() + HANDLE_CHARS;
    int secretEnd = handleEnd + 1 + SECRET_CHARS;
    if (text.charAt(handleEnd) != '.'
        || text.charAt(secretEnd) != '.'
        || !Checksum.of(text.substring(0, secretEnd)).equals(text.substring(secretEnd + 1))) {
      return Optional.empty();
    }
    byte @Nullable [] handle = canonical(text.substring(kind.prefix().length(), handleEnd));
    byte @Nullable [] secret = canonical(text.substring(handleEnd + 1, secretEnd));
    if (handle == null || secret == null) {
      return Optional.empty();
    }
    return Optional.of(new AgentToken(text, FamilyHandle.ofBytes(handle)));
  }

  /** Base64 has several spellings for one value where bits are left over; only one is ours. */
  private static byte @Nullable [] canonical(String part) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(part);
      return ENCODER.encodeToString(bytes).equals(part) ? bytes : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The secret itself: for the one answer that hands it out, and for nothing else. */
  public String reveal() {
    return text;
  }

  public TokenDigest digest() {
    return TokenDigest.of(text);
  }

  public FamilyHandle handle() {
    return handle;
  }

  public FamilyId familyId() {
    return handle.familyId();
  }

  @Override
  public String toString() {
    return "AgentToken[" + handle.familyId() + ", ***]";
  }
}
