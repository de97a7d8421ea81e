package io.redoubt.multinode.badinput;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A request under construction; nothing in it is checked or escaped. */
final class RawRequest {
  private static final int CHUNK = 64 << 10;

  private final String method;
  private final String target;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private byte[] body = {};

  RawRequest(String method, String target) {
    this.method = method;
    this.target = target;
    headers.put("Host", "127.0.0.1");
    headers.put("Connection", "close");
  }

  RawRequest header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  RawRequest headers(Map<String, String> more) {
    headers.putAll(more);
    return this;
  }

  RawRequest body(String mediaType, byte[] bytes) {
    body = bytes;
    headers.putIfAbsent("Content-Type", mediaType);
    headers.putIfAbsent("Content-Length", Integer.toString(bytes.length));
    return this;
  }

  /** A body whose length nobody announced (RFC 9112 §7.1). */
  RawRequest chunked(String mediaType, byte[] bytes) {
    var chunks = new ByteArrayOutputStream();
    for (int from = 0; from < bytes.length; from += CHUNK) {
      int length = Math.min(CHUNK, bytes.length - from);
      chunks.writeBytes((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      chunks.write(bytes, from, length);
      chunks.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    }
    chunks.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    body = chunks.toByteArray();
    headers.put("Content-Type", mediaType);
    headers.put("Transfer-Encoding", "chunked");
    return this;
  }

  byte[] bytes() {
    var head = new StringBuilder(method).append(' ').append(target).append(" HTTP/1.1\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    bytes.writeBytes(body);
    return bytes.toByteArray();
  }
}
