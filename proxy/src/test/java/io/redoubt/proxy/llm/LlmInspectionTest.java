package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.Coverage;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What is found in calls is recorded, changes nothing, and is never quoted (G6, G12). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmInspectionTest {
  private static final String ORDER = "Pay DE89370400440532013000, says maria\\u0040keller.de";
  private static final String MESSAGE =
      "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
  private static final List<String> REQUEST =
      List.of("request: pii", "request: secret", "request: injection");
  private static final List<String> REPLY =
      List.of("reply: pii", "reply: secret", "reply: injection");

  private final LlmFixture plane =
      new LlmFixture("redoubt.proxy.llm.inspection { max-reply-bytes = 2 KiB }");

  @BeforeEach
  void reset() {
    plane.reset();
  }

  @AfterAll
  void close() throws Exception {
    plane.close();
  }

  private AuditOutcome conclusionOf(HttpResponse<?> answer) {
    plane.outcomeOf(answer);
    return plane.audit.conclusion(LlmFixture.actionOf(answer).auditId()).orElseThrow();
  }

  private HttpResponse<String> ask(String text) {
    return plane.send(plane.anthropic(MESSAGE.formatted(text)));
  }

  @Test
  void whatARequestHoldsIsRecordedAndPassesUntouched() {
    plane.provider.answers((_, line) -> line.json(200, "{}"));

    var answer = ask(ORDER);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(plane.provider.last().text()).isEqualTo(MESSAGE.formatted(ORDER));
    var record = plane.recordOf(answer);
    assertThat(record.findings()).containsExactly("pii:email", "pii:iban");
    assertThat(record.coverage()).isEqualTo(new Coverage(REQUEST, List.of()).awaiting("reply"));
    assertThat(record.toString()).doesNotContain("DE89").doesNotContain("keller");
    var conclusion = conclusionOf(answer);
    assertThat(conclusion.findings()).isEmpty();
    assertThat(conclusion.coverage()).isEqualTo(new Coverage(REPLY, List.of()));
  }

  @Test
  void whatIsCutBetweenEventsAndChunksIsFoundAndPassesUntouched() {
    String event =
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
            + "\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}}\n\n";
    String first = event.formatted("write to maria@kel");
    String second = event.formatted("ler.de");
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(first + second.substring(0, second.length() - 9));
      line.chunk(second.substring(second.length() - 9));
      line.end();
    });

    var answer = ask("hello");

    assertThat(answer.body()).isEqualTo(first + second);
    var conclusion = conclusionOf(answer);
    assertThat(conclusion.findings()).containsExactly("reply:pii:email");
    assertThat(conclusion.coverage()).isEqualTo(new Coverage(REPLY, List.of()));
    assertThat(conclusion.toString()).doesNotContain("keller");
  }

  @Test
  void aReplyThatIsOneDocumentIsReadWhenItIsWhole() {
    String reply =
        "{\"content\":[{\"type\":\"text\",\"text\":\"key AKIA"
            + "Q3EGRWPT5HV2LZNB, IBAN DE89370400440532013000\"}]}";
    plane.provider.answers((_, line) -> line.json(200, reply));

    var answer = ask("hello");

    assertThat(answer.body()).isEqualTo(reply);
    assertThat(conclusionOf(answer).findings())
        .containsExactly("reply:pii:iban", "reply:secret:aws-access-key");
  }

  @Test
  void ofADocumentThatIsTooLongTheRecordSaysHowMuchWasRead() {
    String reply =
        "{\"content\":\"a@b.de\",\"more\":\"" + "x ".repeat(2000) + "\",\"last\":\"c@d.de\"}";
    plane.provider.answers((_, line) -> line.json(200, reply));

    var answer = ask("hello");

    assertThat(answer.body()).isEqualTo(reply);
    assertThat(conclusionOf(answer).findings()).containsExactly("reply:pii:email");
    assertThat(conclusionOf(answer).coverage())
        .isEqualTo(
            new Coverage(
                REPLY,
                List.of(
                    new Coverage.Gap("reply from the first byte that is not JSON", "undecodable"),
                    new Coverage.Gap("reply after 2048 bytes", "limit"))));
  }

  @Test
  void whatCannotBeReadIsSaid() {
    plane.provider.answers((_, line) ->
        line.raw(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n"
                + "content-length: 6\r\n\r\na@b.de"));
    assertThat(conclusionOf(ask("hello")).coverage())
        .isEqualTo(new Coverage(List.of(), List.of(new Coverage.Gap("reply", "compressed"))));

    plane.provider.answers((_, line) ->
        line.raw("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 6\r\n\r\na@b.de"));
    assertThat(conclusionOf(ask("hello")).coverage())
        .isEqualTo(new Coverage(List.of(), List.of(new Coverage.Gap("reply", "unknown format"))));
  }

  @Test
  void whatIsRefusedWasInspectedAndHasNoReply() {
    plane.agents.isolated = true;

    var answer = ask(ORDER);

    assertThat(answer.statusCode()).isEqualTo(403);
    var record = plane.recordOf(answer);
    assertThat(record.findings()).containsExactly("pii:email", "pii:iban");
    assertThat(record.coverage()).isEqualTo(new Coverage(REQUEST, List.of()));

    var unread = plane.send(plane.anthropic("{\"model\":"));
    assertThat(plane.recordOf(unread).coverage())
        .isEqualTo(
            new Coverage(
                List.of(), List.of(new Coverage.Gap("request", "refused before it was read"))));
  }
}
