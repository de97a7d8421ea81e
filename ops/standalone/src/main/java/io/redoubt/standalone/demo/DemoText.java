package io.redoubt.standalone.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What the stand-in says, and how fast.
 *
 * @param chunks the reply in the pieces that a stream carries
 * @param interval between two pieces
 */
record DemoText(List<String> chunks, Duration interval, int inputTokens) {
  static final String LABEL = "[Simulated by Redoubt's demo provider: no model was called.]";

  private static final Pattern WORD = Pattern.compile("\\S+ ?");
  private static final int ECHO_LIMIT = 200;
  private static final int MAX_CHUNKS = 10_000;
  private static final int MAX_INTERVAL_MILLIS = 60_000;

  /** Prompt words that make a stream last, for whoever wants to watch one being cut. */
  private static final String SLOWLY = "stream slowly";

  private static final int SLOW_CHUNKS = 300;
  private static final Duration SLOW_INTERVAL = Duration.ofMillis(200);

  /**
   * The reply to a prompt.
   *
   * @param request its {@code metadata} may ask for {@code demo_chunks} and {@code
   *     demo_interval_ms}
   */
  static DemoText of(String prompt, JsonNode request) {
    var chunks = new ArrayList<String>();
    chunks.add(LABEL + " ");
    WORD.matcher("You said: " + shortened(prompt)).results().forEach(w -> chunks.add(w.group()));
    boolean slowly = prompt.toLowerCase(Locale.ROOT).contains(SLOWLY);
    int wanted = number(request.at("/metadata/demo_chunks"), slowly ? SLOW_CHUNKS : 0, MAX_CHUNKS);
    while (chunks.size() < wanted) {
      chunks.add(" " + chunks.size());
    }
    long interval =
        number(
            request.at("/metadata/demo_interval_ms"),
            slowly ? Math.toIntExact(SLOW_INTERVAL.toMillis()) : 0,
            MAX_INTERVAL_MILLIS);
    return new DemoText(
        List.copyOf(chunks), Duration.ofMillis(interval), tokens(request.toString()));
  }

  String whole() {
    return String.join("", chunks);
  }

  int outputTokens() {
    return chunks.size();
  }

  /** Waits between two pieces. */
  void pause() throws IOException {
    try {
      Thread.sleep(interval);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("stopping", e);
    }
  }

  /** A rough count, as a rule of thumb has it. */
  static int tokens(String text) {
    return Math.max(1, text.length() / 4);
  }

  /** The text of a content that is a string or a list of blocks. */
  static String textOf(JsonNode content) {
    if (content.isTextual()) {
      return content.textValue();
    }
    var text = new StringBuilder();
    for (JsonNode block : content) {
      text.append(block.path("text").asText());
    }
    return text.toString();
  }

  private static String shortened(String prompt) {
    String line = prompt.replaceAll("\\s+", " ").strip();
    return line.length() <= ECHO_LIMIT ? line : line.substring(0, ECHO_LIMIT) + "…";
  }

  /** Numbers come as numbers or, where a provider's metadata holds only text, as digits. */
  private static int number(JsonNode value, int otherwise, int limit) {
    return value.asText().matches("[0-9]{1,6}")
        ? Math.min(limit, Integer.parseInt(value.asText()))
        : otherwise;
  }
}
