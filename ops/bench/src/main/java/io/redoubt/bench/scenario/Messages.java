package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Request;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Requests to {@code POST /v1/messages}, as a small agent would send them. */
final class Messages {
  private static final String PROMPT =
      "You keep the walls. Say in two sentences what you saw on your last round. ".repeat(8);

  private Messages() {}

  /**
   * A request for a whole reply.
   *
   * @param bearer null: straight to the upstream
   */
  static byte[] plain(InetSocketAddress to, @Nullable String bearer) {
    return request(to, bearer, "");
  }

  /** A request for a stream of that many chunks. */
  static byte[] stream(InetSocketAddress to, @Nullable String bearer, int chunks, int paceMillis) {
    return request(
        to,
        bearer,
        ",\"stream\":true,\"bench_chunks\":" + chunks + ",\"bench_pace_ms\":" + paceMillis);
  }

  private static byte[] request(InetSocketAddress to, @Nullable String bearer, String more) {
    return Request.post(
        to,
        "/v1/messages",
        bearer,
        "{\"model\":\"bench\",\"max_tokens\":256,\"messages\":[{\"role\":\"user\",\"content\":\""
            + PROMPT
            + "\"}]"
            + more
            + "}");
  }
}
