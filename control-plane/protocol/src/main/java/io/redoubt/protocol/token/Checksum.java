package io.redoubt.protocol.token;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;

/**
 * CRC-32, big-endian, as six characters of base64url: against typing errors, not against people.
 */
final class Checksum {
  static final int CHARS = 6;
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private Checksum() {}

  static String of(String body) {
    var crc = new CRC32();
    crc.update(body.getBytes(StandardCharsets.ISO_8859_1));
    return ENCODER.encodeToString(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}
