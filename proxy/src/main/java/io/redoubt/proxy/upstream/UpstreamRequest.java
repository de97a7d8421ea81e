package io.redoubt.proxy.upstream;

import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * What is sent to an upstream.
 *
 * @param target path and query, as they go over the wire
 * @param headers beside {@code host}, {@code content-type} and {@code content-length}
 * @param contentType null: there is no body
 */
public record UpstreamRequest(
    String method,
    String target,
    List<HttpHeader> headers,
    @Nullable String contentType,
    ByteString body) {

  public static UpstreamRequest get(String target, List<HttpHeader> headers) {
    return new UpstreamRequest("GET", target, headers, null, ByteString.emptyByteString());
  }

  public static UpstreamRequest post(
      String target, List<HttpHeader> headers, String contentType, ByteString body) {
    return new UpstreamRequest("POST", target, headers, contentType, body);
  }

  /**
   * The head as it goes over the wire.
   *
   * @throws IllegalArgumentException where a part of it would end its line
   */
  String head(String host) {
    var head = new StringBuilder(512);
    head.append(method).append(' ').append(inLine(target, '!')).append(" HTTP/1.1\r\n");
    line(head, "host", host);
    for (HttpHeader header : headers) {
      line(head, inLine(header.name(), '!'), header.value());
    }
    if (contentType != null) {
      line(head, "content-type", contentType);
      line(head, "content-length", Integer.toString(body.size()));
    }
    return head.append("\r\n").toString();
  }

  private static void line(StringBuilder head, String name, String value) {
    head.append(name).append(": ").append(inLine(value, ' ')).append("\r\n");
  }

  /** Whatever comes from elsewhere: nothing in it may pass for the end of what it stands in. */
  private static String inLine(String part, char least) {
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      if ((c < least && !(c == '\t' && least == ' ')) || c == '\u007f') {
        throw new IllegalArgumentException("a control character in the head of a request");
      }
    }
    return part;
  }
}
