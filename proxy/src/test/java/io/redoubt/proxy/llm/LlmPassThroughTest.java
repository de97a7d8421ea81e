package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.payload.PayloadStore.Part;
import io.redoubt.protocol.audit.ActorKind;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Usage;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.token.TokenDigest;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmPassThroughTest {
  private static final String MESSAGE =
      "{ \"model\":\"claude-sonnet-4-5\",\t\"max_tokens\": 1.0e2, \"unknown\":{\"ü\":[1,2]},\r\n"
          + " \"messages\":[{\"role\":\"user\",\"content\":\"Gr\\u00fc\\u00dfe\"}]} ";

  private final LlmFixture plane = new LlmFixture("");

  @BeforeEach
  void reset() {
    plane.reset();
  }

  @AfterAll
  void close() throws Exception {
    plane.close();
  }

  private static FakeProvider.Script events(List<String> chunks) {
    return (_, line) -> {
      line.beginEvents("request-id: req_1", "anthropic-ratelimit-requests-remaining: 7");
      for (String chunk : chunks) {
        line.chunk(chunk);
      }
      line.end();
    };
  }

  @Test
  void aMessageGoesThereAndBackByteForByte() {
    String reply =
        "{\"id\":\"msg_1\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"weather\",\"input\":{\"usage\":{\"input_tokens\":0}}}],"
            + " \"usage\":{\"input_tokens\":10,\"output_tokens\":20,\"cache_read_input_tokens\":0}, \"new\":1.50}\n";
    plane.provider.answers((_, line) -> line.json(200, reply));

    var answer = plane.send(plane.anthropic(MESSAGE).header("anthropic-beta", "a,b"));

    assertThat(answer.body()).isEqualTo(reply);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("permit");
    var seen = plane.provider.last();
    assertThat(seen.text()).isEqualTo(MESSAGE);
    assertThat(seen.headers()).containsEntry("anthropic-beta", "a,b");
    assertThat(seen.headers()).containsEntry("x-api-key", FakeProvider.KEY);
    var outcome = plane.outcomeOf(answer);
    assertThat(outcome.status()).isEqualTo(Outcome.Status.SUCCEEDED);
    assertThat(outcome.usage()).isEqualTo(new Usage(10, 20, 0, 0, 330));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anAnswerWithoutABodyPassesToo(boolean streams) {
    plane.provider.answers((_, line) -> line.raw("HTTP/1.1 204 No Content\r\nx-why: none\r\n\r\n"));

    var answer =
        plane.send(
            plane.openAi(
                "/v1/chat/completions",
                "{\"model\": \"gpt-4o\", \"stream\": " + streams + ", \"messages\": []}"));

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(204);
    assertThat(answer.body()).isEmpty();
    assertThat(answer.headers().firstValue("x-why")).hasValue("none");
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("permit");
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.SUCCEEDED);
  }

  @Test
  void whatSaysThatItIsNotCompressedIsMetered() {
    String reply = "{\"usage\":{\"input_tokens\":10,\"output_tokens\":20}}";
    plane.provider.answers((_, line) ->
        line.raw(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Encoding: Identity\r\n"
                + "content-length: %d\r\n\r\n%s".formatted(reply.length(), reply)));

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(answer.body()).isEqualTo(reply);
    assertThat(plane.outcomeOf(answer).usage()).isEqualTo(new Usage(10, 20, 0, 0, 330));
  }

  @Test
  void theRecordSaysWhoWhatAndWhere() {
    plane.provider.answers((_, line) -> line.json(200, "{}"));

    var answer = plane.send(plane.anthropic(MESSAGE));

    var record = plane.recordOf(answer);
    assertThat(record.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(record.plane()).isEqualTo(Plane.LLM);
    assertThat(record.operation()).isEqualTo("llm:generate");
    assertThat(record.connector()).isEqualTo("anthropic");
    assertThat(record.resource()).isEqualTo("claude-sonnet-4-5");
    assertThat(record.actorKind()).isEqualTo(ActorKind.AGENT);
    assertThat(record.agentId()).isEqualTo(LlmFixture.AGENT);
    assertThat(record.owner()).isEqualTo("ann@example.com");
    assertThat(record.enclaveId()).isEqualTo(LlmFixture.ENCLAVE);
    assertThat(record.node()).isEqualTo("node-1");
    assertThat(record.traceId()).hasSize(32);
    assertThat(record.actionDigest())
        .isEqualTo(sha256(MESSAGE))
        .isEqualTo(plane.agents.asked.getLast().action().digest());
    assertThat(record.coverage()).isNotNull();
  }

  /** What runs where the model does has run before a reply tells of it. */
  @Test
  void theAgentIsAskedWithTheToolsThatARequestDeclaresAndTheRecordHasThem() {
    plane.provider.answers((_, line) -> line.json(200, "{}"));

    var messages =
        plane.send(
            plane.anthropic(
                """
                {"model": "claude-sonnet-4-5", "max_tokens": 1, "messages": [], "tools": [
                  {"type": "web_search_20250305", "name": "web_search"},
                  {"name": "ls", "input_schema": {"type": "object"}}]}
                """));
    var search = plane.agents.asked.getLast().action().tools();
    var responses =
        plane.send(
            plane.openAi(
                "/v1/responses",
                """
                {"model": "gpt-4o", "input": "x",
                 "tools": [{"type": "mcp", "server_label": "x", "server_url": "https://x"}]}
                """));
    var mcp = plane.agents.asked.getLast().action().tools();

    assertThat(search)
        .isEqualTo(new DeclaredTools(List.of("ls", "web_search"), List.of("web_search")));
    assertThat(plane.recordOf(messages).tools()).isEqualTo(search);
    assertThat(mcp).isEqualTo(new DeclaredTools(List.of(), List.of("mcp")));
    assertThat(plane.recordOf(responses).tools()).isEqualTo(mcp);
  }

  private static String sha256(String text) {
    try {
      return TokenDigest.ofBytes(
              java.security.MessageDigest.getInstance("SHA-256")
                  .digest(text.getBytes(StandardCharsets.UTF_8)))
          .toString();
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anAnthropicStreamPassesUntouchedAndIsMetered() {
    plane.provider.answers(events(Streams.ANTHROPIC));

    var answer = plane.send(plane.anthropic(MESSAGE.replace("1.0e2", "100, \"stream\":true")));

    assertThat(answer.body()).isEqualTo(String.join("", Streams.ANTHROPIC));
    assertThat(answer.headers().firstValue("content-type"))
        .hasValueSatisfying(
            type -> assertThat(type).isEqualToIgnoringCase("text/event-stream; charset=utf-8"));
    assertThat(answer.headers().firstValue("request-id")).hasValue("req_1");
    assertThat(answer.headers().firstValue("anthropic-ratelimit-requests-remaining")).hasValue("7");
    var outcome = plane.outcomeOf(answer);
    assertThat(outcome.status()).isEqualTo(Outcome.Status.SUCCEEDED);
    // 25 × 3 + 89 × 15 + 1000 × 0.3 + 100 × 3.75 millionths
    assertThat(outcome.usage()).isEqualTo(new Usage(25, 89, 1000, 100, 2085));
  }

  @Test
  void usageIsAskedForUpstreamAndItsChunkIsWithheld() {
    var upstream = new ArrayList<>(Streams.OPENAI_BEFORE_USAGE);
    upstream.add(Streams.OPENAI_USAGE.substring(0, 40));
    upstream.add(Streams.OPENAI_USAGE.substring(40) + "data: [DO");
    upstream.add("NE]\n\n");
    plane.provider.answers(events(upstream));
    String body = "{\"model\":\"gpt-4o\", \"stream\" : true,\"messages\":[]}";

    var answer = plane.send(plane.openAi("/v1/chat/completions", body));

    assertThat(answer.body())
        .isEqualTo(String.join("", Streams.OPENAI_BEFORE_USAGE) + Streams.OPENAI_DONE);
    assertThat(plane.provider.last().text())
        .isEqualTo(
            "{\"stream_options\":{\"include_usage\":true},\"model\":\"gpt-4o\", \"stream\" : true,\"messages\":[]}");
    assertThat(plane.outcomeOf(answer).usage()).isEqualTo(new Usage(15, 10, 4, 0, 143));
  }

  @Test
  void usageThatTheClientAskedForPasses() {
    var upstream = new ArrayList<>(Streams.OPENAI_BEFORE_USAGE);
    upstream.add(Streams.OPENAI_USAGE);
    upstream.add(Streams.OPENAI_DONE);
    plane.provider.answers(events(upstream));
    String body =
        "{\"model\":\"gpt-4o\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";

    var answer = plane.send(plane.openAi("/v1/chat/completions", body));

    assertThat(answer.body()).isEqualTo(String.join("", upstream));
    assertThat(plane.provider.last().text()).isEqualTo(body);
  }

  @Test
  void aResponsesStreamPassesUntouchedAndIsMetered() {
    plane.provider.answers(events(Streams.RESPONSES));

    var answer =
        plane.send(plane.openAi("/v1/responses", "{\"model\":\"gpt-4o\",\"stream\":true}"));

    assertThat(answer.body()).isEqualTo(String.join("", Streams.RESPONSES));
    assertThat(plane.outcomeOf(answer).usage()).isEqualTo(new Usage(30, 11, 7, 0, 194));
  }

  @Test
  void embeddingsAndTokenCountsPass() {
    plane.provider.answers((_, line) ->
        line.json(200, "{\"data\":[],\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}"));

    var embedding =
        plane.send(
            plane.openAi(
                "/v1/embeddings", "{\"model\":\"text-embedding-3-small\",\"input\":\"x\"}"));

    assertThat(embedding.statusCode()).isEqualTo(200);
    assertThat(plane.outcomeOf(embedding).usage()).isEqualTo(new Usage(8, 0, 0, 0, 0));
    plane.provider.answers((_, line) -> line.json(200, "{\"input_tokens\":14}"));

    var counted =
        plane.send(
            plane
                .anthropic("{\"model\":\"claude-haiku-4-5\"}")
                .uri(plane.uri("/v1/messages/count_tokens?beta=true&x=%2F")));

    assertThat(counted.body()).isEqualTo("{\"input_tokens\":14}");
    assertThat(plane.provider.last().target())
        .isEqualTo("/v1/messages/count_tokens?beta=true&x=%2F");
    assertThat(plane.outcomeOf(counted).usage()).isNull();
  }

  @Test
  void theProvidersErrorsPassWithTheirStatus() {
    String error =
        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}";
    plane.provider.answers((_, line) ->
        line.raw(
            "HTTP/1.1 529 Overloaded\r\ncontent-type: application/json\r\nretry-after: 3\r\nset-cookie: a=b\r\nx-should-retry: true\r\ncontent-length: "
                + error.length()
                + "\r\n\r\n"
                + error));

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(answer.statusCode()).isEqualTo(529);
    assertThat(answer.body()).isEqualTo(error);
    assertThat(answer.headers().firstValue("retry-after")).hasValue("3");
    assertThat(answer.headers().firstValue("x-should-retry")).hasValue("true");
    assertThat(answer.headers().firstValue("set-cookie")).isEmpty();
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("permit");
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.FAILED);
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("upstream-status-529");
  }

  @Test
  void anErrorInTheMidstOfAStreamPassesAndIsRecorded() {
    var chunks =
        List.of(
            Streams.ANTHROPIC.getFirst(),
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n");
    plane.provider.answers(events(chunks));

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(answer.body()).isEqualTo(String.join("", chunks));
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.FAILED);
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("upstream-error");
    assertThat(plane.outcomeOf(answer).usage()).isNotNull();
  }

  @Test
  void onlyTheProvidersCredentialGoesUpstream() {
    plane.provider.answers((_, line) -> line.json(200, "{}"));

    var answer =
        plane.send(
            plane
                .openAi("/v1/chat/completions", "{\"model\":\"gpt-4o\"}")
                .header("cookie", "session=1")
                .header("x-redoubt-anything", "1")
                .header("proxy-authorization", "Basic x")
                .header("x-forwarded-for", "10.0.0.1")
                .header("openai-organization", "org-7")
                .header("x-unknown", "passes")
                .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                .header("accept-encoding", "gzip"));

    assertThat(answer.statusCode()).isEqualTo(200);
    var headers = plane.provider.last().headers();
    assertThat(headers)
        .containsEntry("authorization", "Bearer " + FakeProvider.KEY)
        .containsEntry("openai-organization", "org-7")
        .containsEntry("x-unknown", "passes")
        .containsEntry("accept-encoding", "identity")
        .containsEntry("host", plane.provider.base("").getAuthority())
        .doesNotContainKeys("cookie", "x-forwarded-for", "proxy-authorization");
    assertThat(headers.get("traceparent"))
        .startsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
        .doesNotContain("00f067aa0ba902b7");
    assertThat(String.join(" ", headers.values())).doesNotContain(plane.token());
  }

  /** What a library reads and writes anew is not what its client sent. */
  @Test
  void headerLinesGoOnByteForByte() throws Exception {
    plane.provider.answers((_, line) -> line.json(200, "{}"));
    var sent =
        new java.util.LinkedHashMap<String, String>(
            java.util.Map.of(
                "accept", "text/event-stream;q=0.50 ,*/* ; q=.1",
                "accept-language", "de;q=1.000,en-US;  q=0.5",
                "user-agent", "Odd/1.0(x;y)  z/2 (comment (nested))",
                "if-none-match", "W/\"a\" ,\"b\"",
                "cache-control", "No-Cache,max-age=\"0\"",
                "date", "yesterday",
                "origin", "null",
                "x-odd", "inner  space, and ; more"));

    try (var socket = plane.connect()) {
      var lines = new java.util.ArrayList<String>();
      sent.forEach((name, value) -> lines.add(name + ": " + value));
      lines.add("x-twice: one");
      lines.add("x-twice: two,three");
      lines.add("anthropic-beta: a");
      lines.add("anthropic-beta: b");
      lines.add("connection: close");
      socket
          .getOutputStream()
          .write(plane.onTheWire("{\"model\":\"claude-x\"}", lines.toArray(String[]::new)));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 200 ");
    }

    assertThat(plane.provider.last().headers())
        .containsAllEntriesOf(sent)
        .containsEntry("x-twice", "one | two,three")
        .containsEntry("anthropic-beta", "a | b");
  }

  @Test
  void whatIsKeptOfALargeCallIsAllOfIt() {
    plane.payloads(OrganizationSpec.Payloads.FULL);
    String reply = "{\"n\":\"" + "y".repeat(9 << 20) + "\"}";
    plane.provider.answers((_, line) -> line.json(200, reply));
    String body = "{\"input\":\"" + "x".repeat(12 << 20) + "\",\"model\":\"gpt-4o\"}";

    var answer = plane.send(plane.openAi("/v1/embeddings", body));

    assertThat(answer.body()).hasSize(reply.length());
    assertThat(plane.outcomeOf(answer).error()).isNull();
    var request = plane.payloads.find(LlmFixture.actionOf(answer), Part.REQUEST).orElseThrow();
    var kept = plane.payloads.find(LlmFixture.actionOf(answer), Part.REPLY).orElseThrow();
    assertThat(request.truncated()).isFalse();
    assertThat(request.body().utf8String()).isEqualTo(body);
    assertThat(kept.truncated()).isFalse();
    assertThat(kept.body().utf8String()).isEqualTo(reply);
  }

  /** As many as arrive at once, and no more than there is memory for; the record says so. */
  @Test
  void aRequestThatThereIsNoMemoryToKeepIsPassedOnAndTheRecordSaysSo() throws Exception {
    try (var small =
        new LlmFixture("redoubt.proxy.llm { payload-limit = 1 KiB, payload-memory = 1 KiB }")) {
      small.payloads(OrganizationSpec.Payloads.FULL);
      small.provider.answers((_, line) -> line.json(200, "{}"));
      var gate = small.payloads.hold();

      var first =
          small.client.sendAsync(
              small
                  .anthropic("{\"model\":\"claude-x\",\"a\":\"" + "x".repeat(2000) + "\"}")
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      org.awaitility.Awaitility.await().until(() -> small.payloads.held() > 0);
      var second = small.send(small.anthropic(MESSAGE));

      assertThat(second.statusCode()).isEqualTo(200);
      gate.complete(null);
      assertThat(small.outcomeOf(second).error()).isEqualTo("payload-not-kept");
      assertThat(small.outcomeOf(LlmFixture.await(first)).error()).isNull();
    }
  }

  @Test
  void aLongBodyIsStreamedInAndPassesWhole() {
    plane.provider.answers((seen, line) -> line.json(200, "{\"n\":" + seen.body().size() + "}"));
    String body = "{\"input\":\"" + "x".repeat(3_000_000) + "\",\"model\":\"gpt-4o\"}";

    var answer =
        plane.send(
            plane
                .openAi("/v1/embeddings", "")
                .POST(
                    HttpRequest.BodyPublishers.fromPublisher(
                        HttpRequest.BodyPublishers.ofString(body))));

    assertThat(answer.body()).isEqualTo("{\"n\":" + body.length() + "}");
    assertThat(plane.provider.last().text()).isEqualTo(body);
  }

  @Test
  void connectionsAreUsedAgain() {
    plane.provider.answers((_, line) -> line.json(200, "{}"));
    plane.send(plane.anthropic(MESSAGE));
    int before = plane.provider.connections.get();

    for (int i = 0; i < 20; i++) {
      assertThat(plane.send(plane.anthropic(MESSAGE)).statusCode()).isEqualTo(200);
    }

    assertThat(plane.provider.connections.get()).isEqualTo(before);
    assertThat(plane.streams.open()).isZero();
  }

  @Test
  void aConnectionThatTheUpstreamClosesIsNotUsedAgain() {
    plane.provider.answers((_, line) -> {
      line.raw(
          "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}");
      line.breakOff();
    });

    for (int i = 0; i < 10; i++) {
      assertThat(plane.send(plane.anthropic(MESSAGE)).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aSimulatedProviderIsLabelled() {
    plane.provideSimulated("anthropic", List.of());
    plane.provider.answers((_, line) -> line.json(200, "{}"));

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(answer.headers().firstValue("x-redoubt-simulated")).hasValue("true");
    assertThat(plane.recordOf(answer).detail()).isEqualTo("simulated");
    plane.outcomeOf(answer);
  }

  @Test
  void aRealProviderGoesBeforeASimulatedOne() {
    plane.provideSimulated("a-stand-in", List.of("claude-sonnet-4-5"));
    plane.provide("anthropic", ProviderSpec.Kind.ANTHROPIC, plane.provider.base(""), List.of(), 5);
    plane.provider.answers((_, line) -> line.json(200, "{}"));

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(answer.headers().firstValue("x-redoubt-simulated")).isEmpty();
    assertThat(plane.recordOf(answer).connector()).isEqualTo("anthropic");
    plane.outcomeOf(answer);
    plane.remove("a-stand-in");
  }

  @Test
  void headerLinesThatAConnectionNamesEndThere() throws Exception {
    plane.provider.answers((_, line) ->
        line.raw(
            """
            HTTP/1.1 200 OK\r
            content-type: application/json\r
            connection: keep-alive, x-of-this-hop\r
            x-of-this-hop: 1\r
            keep-alive: timeout=5\r
            x-redoubt-decision: deny\r
            alt-svc: h3=":443"\r
            content-length: 2\r
            \r
            {}\
            """));
    try (var socket = plane.connect()) {
      socket
          .getOutputStream()
          .write(
              plane.onTheWire(
                  "{\"model\":\"claude-x\"}",
                  "connection: close, x-secret-hop, close",
                  "x-secret-hop: 1",
                  "te: trailers",
                  "x-redoubt-action: act_forged",
                  "x-odd: a;b=\"c\""));

      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answer)
          .startsWith("HTTP/1.1 200 ")
          .contains("x-redoubt-decision: permit")
          .doesNotContain("x-redoubt-decision: deny", "act_forged", "x-of-this-hop", "alt-svc");
      assertThat(plane.provider.last().headers())
          .doesNotContainKeys("x-secret-hop", "te", "x-redoubt-action")
          .containsEntry("x-odd", "a;b=\"c\"");
    }
  }

  @Test
  void aHeaderCannotBeInjected() throws Exception {
    for (String line :
        new String[] {
          "x-a: 1\nx-api-key: evil", "x-a: 1\rx-b: 2", "x a: 1", "x-a : 1", "x-\u0000: 1"
        }) {
      plane.provider.forget();
      try (var socket = plane.connect()) {
        socket
            .getOutputStream()
            .write(plane.onTheWire("{\"model\":\"claude-x\"}", line, "connection: close"));

        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(answer).as(line).startsWith("HTTP/1.1 4");
        assertThat(plane.provider.seen()).as(line).isEmpty();
      }
    }
  }
}
