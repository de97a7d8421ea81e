package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

class AuditTailTest extends LoggedIn {
  private static final String AUDIT = "/api/v1/audit";
  private static final String LIST = "{\"items\":[%s],\"next_cursor\":%s}";
  private static final String SINCE = AUDIT + "?since=";

  /** Ends what would be followed for ever. */
  private static final FakeServer.Answer DENIED =
      problem(403, "The caller lacks the permission", "audit:read");

  @Test
  void theLastRecordsAreReadPageByPageAndShownOldestFirst() {
    server.on(
        "GET " + AUDIT,
        (exchange, request) -> {
          var answer =
              request.target().contains("cursor=")
                  ? page("null", concluded(1))
                  : page("\"n+1\"", concluded(3), concluded(2));
          answer.to(exchange, request);
        });

    assertThat(machine.type("audit", "tail", "-n", "3", "--no-follow")).isZero();

    assertThat(machine.out().lines())
        .containsExactly(concludedLine(1), concludedLine(2), concludedLine(3));
    assertThat(asked()).containsExactly(AUDIT + "?limit=3", AUDIT + "?limit=1&cursor=n%2B1");
  }

  @Test
  void whereNoneAreWantedNothingIsAsked() {
    assertThat(machine.type("audit", "tail", "-n", "0", "--no-follow")).isZero();

    assertThat(machine.out()).isEmpty();
    assertThat(asked()).isEmpty();
  }

  @Test
  void anIntentIsShownWhenItAppearsAndOnceMoreWithItsOutcome() {
    server.on(
        "GET " + AUDIT,
        lastAndThen(
            page("null", intent(2), concluded(1)),
            page("null", intent(2), concluded(1)),
            page("null", intent(3), concluded(2), concluded(1)),
            page("null", intent(3), concluded(2), concluded(1))));

    assertThat(machine.type("audit", "tail")).isEqualTo(3);

    assertThat(machine.out().lines())
        .containsExactly(concludedLine(1), intentLine(2), concludedLine(2), intentLine(3));
    assertThat(machine.err()).contains("audit:read");
  }

  /** Some become visible only after others that are younger. */
  @Test
  void recordsAreAskedForFromBeforeTheLastLook() {
    Instant started = machine.host().clock().instant();
    server.on(
        "GET " + AUDIT,
        lastAndThen(
            page("null", concluded(3)),
            page("null", concluded(3)),
            page("null", concluded(3), concluded(2))));

    assertThat(machine.type("audit", "tail")).isEqualTo(3);

    assertThat(machine.out().lines()).containsExactly(concludedLine(3), concludedLine(2));
    assertThat(asked())
        .filteredOn(target -> target.startsWith(SINCE))
        .hasSize(3)
        .extracting(AuditTailTest::since)
        .allSatisfy(since ->
            assertThat(since).isAfterOrEqualTo(started.minusSeconds(30)).isBefore(started));
  }

  /** The look back is for late ones: what was there at the beginning is none of them. */
  @Test
  void ofWhatWasThereBeforeOnlyTheLinesWantedAreShown() {
    server.on(
        "GET " + AUDIT,
        lastAndThen(
            page("null", concluded(3)),
            page("null", concluded(3), concluded(2), intent(1)),
            page("null", concluded(4), concluded(3), concluded(2), concluded(1))));

    assertThat(machine.type("audit", "tail", "-n", "1")).isEqualTo(3);

    assertThat(machine.out().lines())
        .containsExactly(concludedLine(3), concludedLine(1), concludedLine(4));
  }

  @Test
  void programsGetOneDocumentOnEachLine() throws IOException {
    server.on("GET " + AUDIT, page("null", concluded(2), concluded(1)));

    assertThat(machine.type("audit", "tail", "--no-follow", "-o", "json")).isZero();

    List<String> lines = machine.out().lines().toList();
    assertThat(lines).hasSize(2);
    assertThat(Json.LENIENT.readTree(lines.getFirst()).path("id").asText()).isEqualTo("aud_1");
    assertThat(Json.LENIENT.readTree(lines.getLast()).path("id").asText()).isEqualTo("aud_2");
  }

  @Test
  void theAgentIsLookedUpByItsName() {
    server
        .on(
            "GET /api/v1/agents",
            json(200, LIST.formatted("{\"id\":\"agt_1\",\"name\":\"builder\"}", "null")))
        .on("GET " + AUDIT, page("null"));

    assertThat(machine.type("audit", "tail", "--no-follow", "--agent", "builder")).isZero();

    assertThat(asked()).containsExactly(AUDIT + "?agent_id=agt_1&limit=10");
  }

  @Test
  void theExitCodeSaysWhatWentWrong() {
    server.on("GET /api/v1/agents", json(200, LIST.formatted("", "null")));
    assertThat(machine.type("audit", "tail", "--agent", "nobody")).isEqualTo(4);
    assertThat(machine.type("audit", "tail", "--no-follow", "--since", "yesterday")).isEqualTo(2);

    server.on("GET " + AUDIT, DENIED);
    assertThat(machine.type("audit", "tail")).isEqualTo(3);

    server.close();
    assertThat(machine.type("audit", "tail")).isEqualTo(5);
    assertThat(machine.err()).contains("cannot be reached");
  }

  /** Answers who asks for the last ones, and in their turn those who look back; then no more. */
  private static FakeServer.Answer lastAndThen(
      FakeServer.Answer last, FakeServer.Answer... lookingBack) {
    var left = new ConcurrentLinkedQueue<>(List.of(lookingBack));
    return (exchange, request) -> {
      var answer =
          request.target().startsWith(SINCE)
              ? Objects.requireNonNullElse(left.poll(), DENIED)
              : last;
      answer.to(exchange, request);
    };
  }

  private static FakeServer.Answer page(String next, String... newestFirst) {
    return json(200, LIST.formatted(String.join(",", newestFirst), next));
  }

  private static String intent(int number) {
    return """
    {"id":"aud_%d","time":"2026-01-01T00:00:0%dZ","verdict":"permit","plane":"llm",
     "operation":"llm:generate","connector":"anthropic","resource":"m","agent_id":"agt_1","outcome":null}\
    """
        .formatted(number, number);
  }

  private static String concluded(int number) {
    return intent(number).replace("null", "{\"status\":\"ok\",\"duration_ms\":5}");
  }

  private static String intentLine(int number) {
    return line(number, "-  -");
  }

  private static String concludedLine(int number) {
    return line(number, "ok  5");
  }

  private static String line(int number, String outcome) {
    return "2026-01-01T00:00:0%dZ  permit  llm  llm:generate  anthropic  m  agt_1  %s  -"
        .formatted(number, outcome);
  }

  private List<String> asked() {
    return server.requests().stream()
        .map(FakeServer.Request::target)
        .filter(target -> target.startsWith(AUDIT))
        .toList();
  }

  private static Instant since(String target) {
    String text = target.substring(SINCE.length(), target.indexOf('&'));
    return Instant.parse(URLDecoder.decode(text, StandardCharsets.UTF_8));
  }
}
