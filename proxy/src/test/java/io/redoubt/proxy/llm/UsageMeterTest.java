package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.Usage;
import io.redoubt.protocol.link.ProviderSpec.Kind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

class UsageMeterTest {
  private static final String JSON = "application/json";
  private static final String EVENTS = "text/event-stream";

  /** Cuts the bytes at every place once, and at random places many times over. */
  private static void inEveryCut(Kind kind, String type, String reply, Usage expected) {
    byte[] bytes = reply.getBytes(StandardCharsets.UTF_8);
    for (int cut = 0; cut <= bytes.length; cut++) {
      var meter = UsageMeter.of(kind, type, false);
      meter.see(ByteString.fromArray(bytes, 0, cut));
      meter.see(ByteString.fromArray(bytes, cut, bytes.length - cut));
      assertThat(meter.usage(Optional.empty())).as("cut at %d", cut).hasValue(expected);
    }
    var random = new Random(7);
    for (int round = 0; round < 50; round++) {
      var meter = UsageMeter.of(kind, type, false);
      int at = 0;
      while (at < bytes.length) {
        int size = Math.min(1 + random.nextInt(40), bytes.length - at);
        meter.see(ByteString.fromArray(bytes, at, size));
        at += size;
      }
      assertThat(meter.usage(Optional.empty())).hasValue(expected);
    }
  }

  @Test
  void theStreamsOfTheProvidersAreMeteredHoweverTheyAreCut() {
    inEveryCut(
        Kind.ANTHROPIC,
        EVENTS,
        String.join("", Streams.ANTHROPIC),
        new Usage(25, 89, 1000, 100, 0));
    inEveryCut(
        Kind.OPENAI,
        EVENTS,
        String.join("", Streams.OPENAI_BEFORE_USAGE) + Streams.OPENAI_USAGE + Streams.OPENAI_DONE,
        new Usage(15, 10, 4, 0, 0));
    inEveryCut(Kind.OPENAI, EVENTS, String.join("", Streams.RESPONSES), new Usage(30, 11, 7, 0, 0));
    inEveryCut(
        Kind.OPENAI,
        EVENTS,
        String.join("", Streams.RESPONSES).replace("\n", "\r\n"),
        new Usage(30, 11, 7, 0, 0));
  }

  @Test
  void documentsAreMeteredHoweverTheyAreCut() {
    inEveryCut(
        Kind.OPENAI,
        JSON,
        "{\"choices\":[{\"message\":{\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":1}\"}}],\n"
            + " \"usage\" : {\"prompt_tokens\":5,\"completion_tokens\":6,\"prompt_tokens_details\":{}}}",
        new Usage(5, 6, 0, 0, 0));
  }

  /** What a model or an agent can write must not pass for what the provider counted. */
  @Test
  void onlyTheProvidersOwnCountsAreBelieved() {
    for (String reply :
        List.of(
            "{\"content\":[{\"usage\":{\"input_tokens\":1}}]}",
            "{\"content\":[{\"input\":{\"message\":{\"usage\":{\"input_tokens\":1}}}}]}",
            "{\"message\":[{\"usage\":{\"input_tokens\":1}}]}",
            "{\"message\":{\"a\":{\"usage\":{\"input_tokens\":1}}}}",
            "{\"a\":\"usage\",\"b\":{\"input_tokens\":1}}",
            "{\"\\\"usage\":{\"input_tokens\":1}}",
            "{\"usage\":null}",
            "{\"usage\":[{\"input_tokens\":1}]}",
            "{\"usage\":{\"input_tokens\":",
            "[{\"usage\":{\"input_tokens\":1}}]")) {
      var meter = UsageMeter.of(Kind.ANTHROPIC, JSON, false);
      meter.see(ByteString.fromString(reply));
      assertThat(meter.usage(Optional.empty())).as(reply).isEmpty();
    }
  }

  @Test
  void absurdCountsAreClamped() {
    var meter = UsageMeter.of(Kind.ANTHROPIC, JSON, false);
    meter.see(
        ByteString.fromString(
            "{\"usage\":{\"input_tokens\":-5,\"output_tokens\":99999999999999,\"cache_read_input_tokens\":\"x\"}}"));

    assertThat(meter.usage(Optional.of(new Price("m", new Price.Rates(1, 1, 1, 1, 1), null))))
        .hasValue(new Usage(0, 1_000_000_000L, 0, 0, 1000));
  }

  @Test
  void whatWasWrittenToTheCacheForAnHourCostsMore() {
    var meter = UsageMeter.of(Kind.ANTHROPIC, JSON, false);
    meter.see(
        ByteString.fromString(
            """
            {"usage":{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":3000000,
             "cache_creation":{"ephemeral_5m_input_tokens":2000000,"ephemeral_1h_input_tokens":1000000}}}
            """));

    assertThat(meter.usage(Optional.of(new Price("m", new Price.Rates(0, 0, 0, 10, 100), null))))
        .hasValue(new Usage(0, 0, 0, 3_000_000, 120));
  }

  @Test
  void whatOpenAiWroteToItsCacheIsPartOfTheInput() {
    var meter = UsageMeter.of(Kind.OPENAI, JSON, false);
    meter.see(
        ByteString.fromString(
            "{\"usage\":{\"input_tokens\":100,\"input_tokens_details\":{\"cached_tokens\":30,\"cache_write_tokens\":50}}}"));

    assertThat(meter.usage(Optional.empty())).hasValue(new Usage(20, 0, 30, 50, 0));
  }

  @Test
  void errorsInAStreamAreSeen() {
    var meter = UsageMeter.of(Kind.OPENAI, EVENTS, false);
    meter.see(ByteString.fromString(String.join("", Streams.RESPONSES)));
    assertThat(meter.sawError()).isFalse();

    meter.see(
        ByteString.fromString(
            "event: response.failed\ndata: {\"response\":{\"error\":{\"code\":\"server_error\"}}}\n\n"));

    assertThat(meter.sawError()).isTrue();
  }
}
