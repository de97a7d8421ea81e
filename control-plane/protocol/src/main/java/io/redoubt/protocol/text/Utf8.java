package io.redoubt.protocol.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** UTF-8 as it is written down, which parsers of JSON are more lenient about. */
public final class Utf8 {
  private static final int DECODED_AT_ONCE = 1024;

  private Utf8() {}

  /**
   * Whether every reader reads the same characters: none is written longer than it need be, none is
   * a surrogate, and none ends too early (RFC 3629, section 3).
   */
  public static boolean isWellFormed(byte[] bytes) {
    var decoder = StandardCharsets.UTF_8.newDecoder();
    var in = ByteBuffer.wrap(bytes);
    var out = CharBuffer.allocate(DECODED_AT_ONCE);
    CoderResult result = decoder.decode(in, out, true);
    while (result.isOverflow()) {
      out.clear();
      result = decoder.decode(in, out, true);
    }
    return result.isUnderflow();
  }
}
