package io.redoubt.http;

import java.nio.charset.StandardCharsets;
import org.apache.pekko.http.javadsl.model.DateTime;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.util.ByteString;

/**
 * An answer as it is written where no request has come that it would belong to, which the server's
 * HTTP layer cannot do. The connection ends with it.
 */
final class LastWords {
  private LastWords() {}

  /** Of an answer with a whole body. */
  static ByteString of(HttpResponse answer) {
    if (!(answer.entity() instanceof HttpEntity.Strict body)) {
      throw new IllegalArgumentException("the last answer on a connection has its body with it");
    }
    var head = new StringBuilder("HTTP/1.1 ");
    head.append(answer.status().intValue()).append(' ').append(answer.status().reason());
    line(head, "Server", HttpServer.NAME);
    line(head, "Date", DateTime.now().toRfc1123DateTimeString());
    line(head, "Connection", "close");
    for (HttpHeader header : answer.getHeaders()) {
      line(head, header.name(), header.value());
    }
    line(head, "Content-Type", body.getContentType().toString());
    line(head, "Content-Length", Long.toString(body.getData().size()));
    head.append("\r\n\r\n");
    return ByteString.fromArrayUnsafe(head.toString().getBytes(StandardCharsets.US_ASCII))
        .concat(body.getData());
  }

  private static void line(StringBuilder head, String name, String value) {
    head.append("\r\n").append(name).append(": ").append(value);
  }
}
