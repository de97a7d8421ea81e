package io.redoubt.family;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.redoubt.protocol.token.TokenDigest;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that a family has spent: the last {@value #LIMIT}, each by the first 64 bits of its
 * digest. No spent token among them is ever taken for a fresh one (G1); that a fresh one is taken
 * for a spent one is as likely as two random 64-bit numbers being the same. A token is good for a
 * day, and a family that rotates every three minutes spends 480 in one; all of it takes 4 KiB.
 */
final class SpentTokens {
  static final int LIMIT = 512;

  static final SpentTokens NONE = new SpentTokens(new long[0]);

  /** Oldest first. */
  private final long[] marks;

  private SpentTokens(long[] marks) {
    this.marks = marks;
  }

  boolean contains(TokenDigest token) {
    long mark = mark(token);
    for (long spent : marks) {
      if (spent == mark) {
        return true;
      }
    }
    return false;
  }

  /** These and one more, without the oldest where that is one too many. */
  SpentTokens and(TokenDigest token) {
    int kept = Math.min(marks.length, LIMIT - 1);
    long[] more = new long[kept + 1];
    System.arraycopy(marks, marks.length - kept, more, 0, kept);
    more[kept] = mark(token);
    return new SpentTokens(more);
  }

  private static long mark(TokenDigest token) {
    return ByteBuffer.wrap(token.bytes()).getLong();
  }

  /** Reads {@link #toString()}. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static SpentTokens parse(String base64) {
    var bytes = ByteBuffer.wrap(Base64.getDecoder().decode(base64));
    if (bytes.remaining() % Long.BYTES != 0 || bytes.remaining() > LIMIT * Long.BYTES) {
      throw new IllegalArgumentException("not the marks of spent tokens");
    }
    long[] marks = new long[bytes.remaining() / Long.BYTES];
    bytes.asLongBuffer().get(marks);
    return new SpentTokens(marks);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SpentTokens that && Arrays.equals(marks, that.marks);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(marks);
  }

  @JsonValue
  @Override
  public String toString() {
    var bytes = ByteBuffer.allocate(marks.length * Long.BYTES);
    bytes.asLongBuffer().put(marks);
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
