package io.redoubt.protocol.id;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Time-ordered unique identifiers (UUIDv7, RFC 9562 §5.7), and how an identifier is written. */
final class Uuids {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final HexFormat HEX = HexFormat.of();
  private static final int HEX_LENGTH = 32;

  /** Last time stamp handed out: 48 bits of milliseconds over a 12-bit counter, so order holds. */
  private static final AtomicLong LAST = new AtomicLong();

  private Uuids() {}

  static UUID next(InstantSource clock) {
    long now = clock.millis() << 12;
    long stamp = LAST.accumulateAndGet(now, (last, wanted) -> Math.max(last + 1, wanted));
    long high = (stamp >>> 12 << 16) | 0x7000L | (stamp & 0xFFF);
    long low = (RANDOM.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
    return new UUID(high, low);
  }

  /**
   * The same identifier each time, for what has a time and a name of its own: the time in front, as
   * above, and what follows from the name in the place of what is random.
   */
  static UUID named(Instant at, String name) {
    try {
      var hash =
          ByteBuffer.wrap(
              MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8)));
      long high = (at.toEpochMilli() << 16) | 0x7000L | (hash.getLong() & 0xFFF);
      long low = (hash.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
      return new UUID(high, low);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  static String format(String prefix, UUID uuid) {
    var text = new StringBuilder(prefix.length() + HEX_LENGTH).append(prefix);
    text.append(HEX.toHexDigits(uuid.getMostSignificantBits()));
    text.append(HEX.toHexDigits(uuid.getLeastSignificantBits()));
    return text.toString();
  }

  /** Reads what {@link #format} wrote; anything else, upper case included, is refused. */
  static UUID parse(String prefix, @Nullable String text) {
    if (text == null
        || text.length() != prefix.length() + HEX_LENGTH
        || !text.startsWith(prefix)
        || !isLowerHex(text, prefix.length())) {
      throw new IllegalArgumentException("not an identifier of the form " + prefix + "…");
    }
    int middle = prefix.length() + HEX_LENGTH / 2;
    return new UUID(
        HexFormat.fromHexDigitsToLong(text, prefix.length(), middle),
        HexFormat.fromHexDigitsToLong(text, middle, text.length()));
  }

  private static boolean isLowerHex(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }
}
