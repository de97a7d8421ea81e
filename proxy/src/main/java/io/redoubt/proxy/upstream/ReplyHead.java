package io.redoubt.proxy.upstream;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/**
 * The head of a reply as far as the connection needs to know it.
 *
 * @param headers those that may go on: a line that others could take for several is left out
 * @param length of the body, where it was said
 * @param events whether the body is made of events, each of which is for its reader at once
 * @param untilClosed whether the body ends with the connection
 * @param keepsOpen whether the upstream leaves the connection open (RFC 9112 §9.3)
 */
record ReplyHead(
    int status,
    String reason,
    List<HttpHeader> headers,
    OptionalLong length,
    boolean events,
    boolean untilClosed,
    boolean keepsOpen) {
  private static final AsciiString EVENTS = HttpHeaderValues.TEXT_EVENT_STREAM;
  private static final int MAX_LINES = 256;
  private static final int MAX_VALUE = 32 * 1024;

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException where it is beyond the limits, or nothing that can be passed
   *     on
   */
  static ReplyHead of(HttpResponse response) {
    var lines = response.headers();
    int status = response.status().code();
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status " + status);
    }
    if (lines.size() > MAX_LINES) {
      throw new IllegalArgumentException("a head of " + lines.size() + " lines");
    }
    String coding = lines.get(HttpHeaderNames.TRANSFER_ENCODING);
    boolean chunked = coding != null;
    if (chunked && !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)) {
      throw new IllegalArgumentException("a transfer coding that is not known");
    }
    String length = lines.get(HttpHeaderNames.CONTENT_LENGTH);
    boolean empty = status == 204 || status == 304;
    return new ReplyHead(
        status,
        mayGoOn(response.status().reasonPhrase()) ? response.status().reasonPhrase() : "",
        headers(response),
        length == null || chunked || empty
            ? OptionalLong.empty()
            : OptionalLong.of(Long.parseLong(length)),
        EVENTS.contentEqualsIgnoreCase(HttpUtil.getMimeType(response)),
        length == null && !chunked && !empty,
        response.protocolVersion().equals(HttpVersion.HTTP_1_1)
            && !lines.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true));
  }

  private static List<HttpHeader> headers(HttpResponse response) {
    var headers = new ArrayList<HttpHeader>(response.headers().size());
    for (Map.Entry<String, String> line : response.headers()) {
      if (line.getValue().length() > MAX_VALUE) {
        throw new IllegalArgumentException("a line of " + line.getValue().length() + " bytes");
      }
      if (isToken(line.getKey()) && mayGoOn(line.getValue())) {
        headers.add(RawHeader.create(line.getKey(), line.getValue()));
      }
    }
    return headers;
  }

  private static boolean isToken(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c <= ' ' || c >= '\u007f' || "\"(),/:;<=>?@[\\]{}".indexOf(c) >= 0) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  private static boolean mayGoOn(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == '\u007f') {
        return false;
      }
    }
    return true;
  }
}
