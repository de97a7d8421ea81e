package io.redoubt.bench.micro;

import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import io.redoubt.proxy.inspect.ReplyInspection;
import java.nio.charset.StandardCharsets;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What inspection adds to a call: a short request, a longer one, and one event of a stream. */
@State(Scope.Thread)
public class InspectionBenchmark {
  private static final String SENTENCE =
      "Say hello to the world, please, and tell me what the weather is like in Paris today. ";

  private final JsonInspection.Limits limits = new JsonInspection.Limits(8 << 20, 1 << 20);
  private final byte[] small = request(1);
  private final byte[] large = request(200);
  private final byte[] event =
      ("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
              + "\"delta\":{\"type\":\"text_delta\",\"text\":\" and then the weather\"}}\n\n")
          .getBytes(StandardCharsets.UTF_8);
  private ReplyInspection reply = new ReplyInspection(Inspector.STANDARD);

  private static byte[] request(int sentences) {
    return ("{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\","
            + "\"content\":\""
            + SENTENCE.repeat(sentences)
            + "\"}]}")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Setup(Level.Iteration)
  public void begin() {
    reply = new ReplyInspection(Inspector.STANDARD);
  }

  @Benchmark
  public JsonInspection.Result smallRequest() {
    return JsonInspection.of(Inspector.STANDARD, limits, "request", small);
  }

  /** Some 17 KB. */
  @Benchmark
  public JsonInspection.Result largeRequest() {
    return JsonInspection.of(Inspector.STANDARD, limits, "request", large);
  }

  @Benchmark
  public void event() {
    reply.see(event, 0, event.length);
  }

  /** A reply of two events, from its beginning to its end. */
  @Benchmark
  public JsonInspection.Result shortReply() {
    var brief = new ReplyInspection(Inspector.STANDARD);
    brief.see(event, 0, event.length);
    brief.see(event, 0, event.length);
    return brief.end();
  }
}
