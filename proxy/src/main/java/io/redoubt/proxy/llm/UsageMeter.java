package io.redoubt.proxy.llm;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.audit.Usage;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ProviderSpec.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.pekko.util.ByteString;

/**
 * Reads what a call used off its reply as the bytes go by: a JSON document, or server-sent events
 * with one in each {@code data} line. Never holds up a byte.
 */
final class UsageMeter {
  /** More than any call can use; keeps sums and prices far from overflow. */
  private static final long MAX_TOKENS = 1_000_000_000L;

  private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};

  private enum Shape {
    EVENTS,
    DOCUMENT,
    /** Compressed, or something else that tells nothing. */
    OPAQUE
  }

  private final Kind kind;
  private final Shape shape;
  private final UsageScanner scanner = new UsageScanner(this::take);
  private int matched;
  private boolean inData;
  private boolean inOther;
  private boolean seen;
  private long input;
  private long output;
  private long cacheRead;
  private long cacheWrite;
  private long cacheWriteHour;

  private UsageMeter(Kind kind, Shape shape) {
    this.kind = kind;
    this.shape = shape;
  }

  /**
   * For one reply.
   *
   * @param mediaType in lower case, without parameters
   */
  static UsageMeter of(Kind kind, String mediaType, boolean encoded) {
    if (encoded) {
      return new UsageMeter(kind, Shape.OPAQUE);
    }
    return new UsageMeter(
        kind,
        switch (mediaType.substring(mediaType.indexOf('/') + 1)) {
          case "event-stream" -> Shape.EVENTS;
          case "json" -> Shape.DOCUMENT;
          default -> Shape.OPAQUE;
        });
  }

  void see(ByteString chunk) {
    switch (shape) {
      case OPAQUE -> {}
      case DOCUMENT -> scanner.scan(chunk.asByteBuffer(), 0, chunk.size());
      case EVENTS -> lines(chunk.asByteBuffer(), chunk.size());
    }
  }

  private void lines(ByteBuffer bytes, int size) {
    int i = 0;
    while (i < size) {
      if (inData || inOther) {
        int end = i;
        while (end < size && bytes.get(end) != '\n') {
          end++;
        }
        if (inData) {
          scanner.scan(bytes, i, end);
        }
        if (end < size) {
          inData = false;
          inOther = false;
          matched = 0;
        }
        i = end + 1;
      } else {
        byte b = bytes.get(i++);
        if (b == '\n') {
          matched = 0;
        } else if (b != DATA[matched]) {
          inOther = true;
        } else if (++matched == DATA.length) {
          inData = true;
          scanner.restart();
        }
      }
    }
  }

  /** Whether the reply reported an error in its midst. */
  boolean sawError() {
    return scanner.sawError();
  }

  /** What was used, as far as the reply said; empty if it said nothing. */
  Optional<Usage> usage(Optional<Price> price) {
    if (!seen) {
      return Optional.empty();
    }
    long cost = price.map(this::cost).orElse(0L);
    return Optional.of(new Usage(input, output, cacheRead, cacheWrite, cost));
  }

  private long cost(Price price) {
    var rates = price.ratesFor(input + cacheRead + cacheWrite);
    return new Price.Sum()
        .add(input, rates.input())
        .add(output, rates.output())
        .add(cacheRead, rates.cacheRead())
        .add(cacheWrite - cacheWriteHour, rates.cacheWrite())
        .add(cacheWriteHour, rates.cacheWriteHour())
        .rounded();
  }

  private void take(byte[] bytes, int length) {
    JsonNode usage;
    try {
      usage = Json.LENIENT.readTree(bytes, 0, length);
    } catch (JacksonException _) {
      return; // not ours to complain about; it is metered as nothing
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
    seen = true;
    switch (kind) {
      case ANTHROPIC -> anthropic(usage);
      case OPENAI -> openAi(usage);
    }
  }

  /**
   * Later counts replace earlier ones: they are cumulative, and may leave out what stood before.
   */
  private void anthropic(JsonNode usage) {
    input = count(usage, "input_tokens", input);
    output = count(usage, "output_tokens", output);
    cacheRead = count(usage, "cache_read_input_tokens", cacheRead);
    cacheWrite = count(usage, "cache_creation_input_tokens", cacheWrite);
    cacheWriteHour =
        Math.min(
            cacheWrite,
            count(usage.path("cache_creation"), "ephemeral_1h_input_tokens", cacheWriteHour));
  }

  /** Chat and embeddings say prompt and completion, responses say input and output. */
  private void openAi(JsonNode usage) {
    long all = count(usage, "input_tokens", count(usage, "prompt_tokens", 0));
    JsonNode details =
        usage.has("input_tokens_details")
            ? usage.path("input_tokens_details")
            : usage.path("prompt_tokens_details");
    cacheRead = Math.min(all, count(details, "cached_tokens", 0));
    cacheWrite = Math.min(all - cacheRead, count(details, "cache_write_tokens", 0));
    input = all - cacheRead - cacheWrite;
    output = count(usage, "output_tokens", count(usage, "completion_tokens", 0));
  }

  private static long count(JsonNode object, String field, long otherwise) {
    JsonNode value = object.path(field);
    return value.isIntegralNumber() ? Math.clamp(value.asLong(), 0, MAX_TOKENS) : otherwise;
  }
}
