package io.redoubt.bench.load;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Requests as the bytes that go out. */
public final class Request {
  private Request() {}

  /**
   * A POST of JSON.
   *
   * @param bearer the credential; null: none
   */
  public static byte[] post(
      InetSocketAddress to, String path, @Nullable String bearer, String json) {
    return of("POST", to, path, bearer, json);
  }

  /** The same as a PUT. */
  public static byte[] put(InetSocketAddress to, String path, String bearer, String json) {
    return of("PUT", to, path, bearer, json);
  }

  private static byte[] of(
      String method, InetSocketAddress to, String path, @Nullable String bearer, String json) {
    var text = new StringBuilder(json.length() + 1024);
    text.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: ");
    text.append(to.getHostString()).append(':').append(to.getPort());
    text.append("\r\nContent-Type: application/json\r\nAccept: application/json\r\n");
    if (bearer != null) {
      text.append("Authorization: Bearer ").append(bearer).append("\r\n");
    }
    // Every message here is ASCII: as many bytes as characters.
    text.append("Content-Length: ").append(json.length()).append("\r\n\r\n").append(json);
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
