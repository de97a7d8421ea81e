package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.link.Freshness.Standing;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** G8: past the window, an organization's actions are denied, or go on and are marked. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OfflineTest {
  private static final String MESSAGE = "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":1}";
  private static final String CHAT = "{\"model\":\"gpt-4o\",\"messages\":[]}";

  private final LlmFixture plane = new LlmFixture("");

  @BeforeEach
  void reset() {
    plane.reset();
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
  }

  @Test
  void frozenMeansDeniedInTheProvidersWordsAndOnRecord() {
    plane.standing = Standing.FROZEN;

    var anthropic = plane.send(plane.anthropic(MESSAGE));
    var openAi = plane.send(plane.openAi("/v1/chat/completions", CHAT));

    isFrozen(anthropic, "permission_error");
    isFrozen(openAi, "permission_error");
    assertThat(json(anthropic).path("type").asText()).isEqualTo("error");
    assertThat(json(openAi).path("error").path("code").asText()).isEqualTo("enclave_frozen");
    assertThat(plane.provider.seen()).isEmpty();
    assertThat(plane.streams.open()).isZero();
  }

  @Test
  void frozenMeansNoListOfModelsEither() {
    plane.standing = Standing.FROZEN;

    isFrozen(
        plane.send(
            HttpRequest.newBuilder(plane.uri("/v1/models")).header("x-api-key", plane.token())),
        "permission_error");
  }

  @Test
  void whatAnAgentMayNotDoAnywayIsStillTheReason() {
    plane.standing = Standing.FROZEN;
    plane.agents.isolated = true;

    assertThat(plane.recordOf(plane.send(plane.anthropic(MESSAGE))).detail())
        .isEqualTo("agent_not_active");
  }

  @Test
  void continuedMeansPermittedAndSaidSo() {
    plane.standing = Standing.CONTINUED;

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(plane.recordOf(answer).verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(plane.recordOf(answer).detail()).isEqualTo("control-plane-away");
  }

  private void isFrozen(HttpResponse<String> answer, String type) {
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("deny");
    assertThat(json(answer).path("error").path("type").asText()).isEqualTo(type);
    var record = plane.recordOf(answer);
    assertThat(record.verdict()).isEqualTo(Verdict.DENY);
    assertThat(record.detail()).isEqualTo("enclave_frozen");
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.REFUSED);
  }

  private static JsonNode json(HttpResponse<String> answer) {
    try {
      return Json.LENIENT.readTree(answer.body());
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + answer.body(), e);
    }
  }
}
