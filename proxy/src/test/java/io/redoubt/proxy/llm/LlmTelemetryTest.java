package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.redoubt.proxy.decide.Refusal;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Spans by OpenTelemetry's conventions for generative AI, and what is counted. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmTelemetryTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String CALLER = "00f067aa0ba902b7";
  private static final String DURATION = "gen_ai.client.operation.duration";
  private static final String MESSAGE =
      "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":5,\"messages\":[]}";
  private static final String REPLY =
      "{\"id\":\"msg_1\",\"content\":[],\"usage\":{\"input_tokens\":10,\"output_tokens\":20,"
          + "\"cache_read_input_tokens\":3,\"cache_creation_input_tokens\":4}}";

  private final LlmFixture plane = new LlmFixture("");

  @BeforeEach
  void reset() {
    plane.reset();
    plane.provider.answers((_, line) -> line.json(200, REPLY));
    plane.spans.forget();
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
  }

  private SpanData span() {
    await().until(() -> !plane.spans.all().isEmpty());
    assertThat(plane.spans.all()).hasSize(1);
    return plane.spans.all().getFirst();
  }

  private static Object attribute(SpanData span, String name) {
    return span.getAttributes().asMap().entrySet().stream()
        .filter(entry -> entry.getKey().getKey().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in " + span.getAttributes()))
        .getValue();
  }

  @Test
  void theProviderIsToldOfTheSpanOfItsCallAndNotOfTheAgents() {
    plane.outcomeOf(
        plane.send(
            plane
                .anthropic(MESSAGE)
                .header("traceparent", "00-" + TRACE + "-" + CALLER + "-01")
                .header("tracestate", "vendor=1")
                .header("tracestate", "other=2")));

    var span = span();
    var sent = plane.provider.last().headers();
    assertThat(sent.get("traceparent")).isEqualTo("00-" + TRACE + "-" + span.getSpanId() + "-01");
    assertThat(sent.get("tracestate")).isEqualTo("vendor=1,other=2");
    assertThat(span.getTraceId()).isEqualTo(TRACE);
    assertThat(span.getSpanId()).isNotEqualTo(CALLER);
    assertThat(span.getParentSpanContext().getTraceId()).isEqualTo(TRACE);
  }

  @Test
  void withoutATraceOfTheAgentsOneBeginsHere() {
    plane.outcomeOf(plane.send(plane.anthropic(MESSAGE).header("tracestate", "vendor=1")));

    var span = span();
    assertThat(plane.provider.last().headers())
        .containsEntry("traceparent", "00-" + span.getTraceId() + "-" + span.getSpanId() + "-01")
        .doesNotContainKey("tracestate");
  }

  @Test
  void aCallIsToldInTheWordsOfTheConvention() {
    plane.outcomeOf(plane.send(plane.anthropic(MESSAGE)));

    var span = span();
    assertThat(span.getKind()).isEqualTo(SpanKind.CLIENT);
    assertThat(span.getName()).isEqualTo("chat claude-sonnet-4-5");
    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(attribute(span, "gen_ai.operation.name")).isEqualTo("chat");
    assertThat(attribute(span, "gen_ai.provider.name")).isEqualTo("anthropic");
    assertThat(attribute(span, "gen_ai.request.model")).isEqualTo("claude-sonnet-4-5");
    assertThat(attribute(span, "gen_ai.usage.input_tokens")).isEqualTo(17L);
    assertThat(attribute(span, "gen_ai.usage.output_tokens")).isEqualTo(20L);
    assertThat(attribute(span, "server.address")).isEqualTo("127.0.0.1");
    assertThat(attribute(span, "server.port")).isEqualTo((long) plane.provider.base("").getPort());
    assertThat(attribute(span, "redoubt.agent.id")).isEqualTo(LlmFixture.AGENT.toString());
    assertThat(span.getAttributes().get(AttributeKey.stringKey("error.type"))).isNull();
    assertThat(span.getAttributes().toString())
        .doesNotContain(FakeProvider.KEY)
        .doesNotContain("msg_1");
  }

  @Test
  void aCallThatFailsSaysSo() {
    plane.provider.answers((_, line) -> line.json(529, "{}"));

    plane.outcomeOf(plane.send(plane.anthropic(MESSAGE)));

    var span = span();
    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(attribute(span, "error.type")).isEqualTo("upstream-status-529");
  }

  @Test
  void theSpanOfACallThatCannotBeSentEnds() {
    plane.provideWithKey("a key\r\nthat: ends its line");

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(attribute(span(), "error.type")).isEqualTo(Refusal.INTERNAL.code());
  }

  @Test
  void whatIsUsedIsCountedByModelAndKind() {
    double input = tokens("input");
    double output = tokens("output");

    plane.outcomeOf(plane.send(plane.anthropic(MESSAGE)));

    await().until(() -> tokens("output") > output);
    assertThat(tokens("input") - input).isEqualTo(17);
    assertThat(tokens("output") - output).isEqualTo(20);
  }

  private double tokens(String type) {
    return plane
        .metrics
        .summary(
            "gen_ai.client.token.usage",
            "gen_ai.operation.name",
            "chat",
            "gen_ai.provider.name",
            "anthropic",
            "gen_ai.request.model",
            "claude-sonnet-4-5",
            "gen_ai.token.type",
            type)
        .totalAmount();
  }

  @Test
  void operationsAreTimedByTheConventionWithTheErrorThatTheyEndedIn() {
    long succeeded = operations("");
    long failed = operations("upstream-status-529");

    plane.outcomeOf(plane.send(plane.anthropic(MESSAGE)));
    plane.provider.answers((_, line) -> line.json(529, "{}"));
    plane.outcomeOf(plane.send(plane.anthropic(MESSAGE)));

    await()
        .untilAsserted(() -> {
          assertThat(operations("") - succeeded).isEqualTo(1);
          assertThat(operations("upstream-status-529") - failed).isEqualTo(1);
        });
    var timer = plane.metrics.get(DURATION).tag("error.type", "").timer();
    assertThat(timer.totalTime(TimeUnit.NANOSECONDS)).isPositive();
    assertThat(timer.takeSnapshot().histogramCounts())
        .extracting(bucket -> bucket.bucket(TimeUnit.MILLISECONDS))
        .hasSize(14)
        .startsWith(10.0, 20.0)
        .endsWith(81_920.0);
  }

  private long operations(String error) {
    return plane
        .metrics
        .find(DURATION)
        .tags(
            "gen_ai.operation.name",
            "chat",
            "gen_ai.provider.name",
            "anthropic",
            "gen_ai.request.model",
            "claude-sonnet-4-5",
            "error.type",
            error)
        .timers()
        .stream()
        .mapToLong(Timer::count)
        .sum();
  }

  /** Whoever names models makes no metric of its own each time. */
  @Test
  void modelsWithoutAPriceAreCountedTogether() {
    double unpriced = plane.metrics.counter("redoubt.llm.unpriced").count();
    plane.outcomeOf(plane.send(plane.anthropic(MESSAGE.replace("sonnet-4-5", "of-nobody-1"))));
    plane.outcomeOf(plane.send(plane.anthropic(MESSAGE.replace("sonnet-4-5", "of-nobody-2"))));

    await()
        .untilAsserted(() ->
            assertThat(plane.metrics.counter("redoubt.llm.unpriced").count() - unpriced)
                .isEqualTo(2));
    assertThat(plane.metrics.find("gen_ai.client.token.usage").summaries())
        .extracting(it -> it.getId().getTag("gen_ai.request.model"))
        .contains("other")
        .doesNotContain("claude-of-nobody-1", "claude-of-nobody-2");
  }

  @Test
  void callsAreCountedByRouteAndOutcomeAndTimed() {
    long added = plane.metrics.timer("redoubt.llm.added").count();
    long upstream = plane.metrics.timer("redoubt.llm.upstream").count();
    long succeeded = requests("/v1/messages", "succeeded");
    long refused = requests("/v1/messages", "credential_invalid");

    plane.outcomeOf(plane.send(plane.anthropic(MESSAGE)));
    plane.send(plane.anthropic(MESSAGE).setHeader("x-api-key", "no-token"));

    await()
        .untilAsserted(() -> {
          assertThat(requests("/v1/messages", "succeeded") - succeeded).isEqualTo(1);
          assertThat(requests("/v1/messages", "credential_invalid") - refused).isEqualTo(1);
        });
    assertThat(plane.metrics.timer("redoubt.llm.added").count() - added).isEqualTo(1);
    assertThat(plane.metrics.timer("redoubt.llm.upstream").count() - upstream).isEqualTo(1);
    assertThat(plane.metrics.get("redoubt.llm.streams.open").gauge().value()).isZero();
  }

  private long requests(String route, String outcome) {
    return plane.metrics.timer("redoubt.llm.requests", "route", route, "outcome", outcome).count();
  }

  @Test
  void aReplyThatDoesNotSayWhatItUsedIsCounted() {
    plane.provider.answers((_, line) -> line.json(200, "{}"));
    double before = plane.metrics.counter("redoubt.llm.unmetered").count();

    plane.outcomeOf(plane.send(plane.anthropic(MESSAGE)));

    assertThat(plane.metrics.counter("redoubt.llm.unmetered").count() - before).isEqualTo(1);
  }
}
