package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.agent.Agent;
import io.redoubt.budget.Limit;
import io.redoubt.budget.Shortage;
import io.redoubt.link.Freshness;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ProviderSpec;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A call keeps what it may take of the budget, and says in the end what it took. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmBudgetTest {
  private static final String MODEL = "claude-sonnet-4-5";
  private static final String BODY =
      "{\"model\":\"" + MODEL + "\",\"max_tokens\":100,\"messages\":[]}";
  private static final String STREAMED =
      "{\"model\":\"" + MODEL + "\",\"max_tokens\":100,\"stream\":true}";
  private static final String REPLY =
      "{\"type\":\"message\",\"usage\":{\"input_tokens\":10,\"output_tokens\":20}}";
  private static final Reserved RESERVED =
      new Reserved(7, LocalDate.of(2026, 11, 20), 50_000, 900_000);

  private final LlmFixture plane = new LlmFixture("pekko.loglevel = OFF");

  @BeforeEach
  void reset() {
    plane.reset();
    plane.agents.asked.clear();
    plane.agents.reserved = RESERVED;
    plane.provider.answers((_, line) -> line.json(200, REPLY));
  }

  @AfterEach
  void everyIntentHasItsOutcome() {
    await().until(() -> plane.audit.open().isEmpty());
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
  }

  private static JsonNode error(HttpResponse<String> answer) {
    try {
      return Json.LENIENT.readTree(answer.body()).path("error");
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + answer.body(), e);
    }
  }

  private Shortage exhausted() {
    var shortage =
        new Shortage(
            Shortage.Whose.AGENT,
            Limit.USD_PER_DAY,
            10_000_000,
            9_000_000,
            900_000,
            200_000,
            plane.clock.instant().plusSeconds(5_400));
    plane.agents.shortage = shortage;
    return shortage;
  }

  /** What the agent was told, and the log says too. */
  private void isCharged(HttpResponse<?> answer, Spend charged) {
    var action = LlmFixture.actionOf(answer);
    assertThat(plane.outcomeOf(action).charged()).isEqualTo(charged);
    await().until(() -> !plane.agents.settled.isEmpty());
    assertThat(plane.agents.settled)
        .hasSize(1)
        .first()
        .satisfies(settle -> {
          assertThat(settle.action()).isEqualTo(action);
          assertThat(settle.charged()).isEqualTo(charged);
        });
  }

  @Test
  void theAgentIsAskedForWhatTheCallMayTakeAndTheIntentCarriesWhatItKeeps() {
    var answer = plane.send(plane.anthropic(BODY));

    var estimate = Objects.requireNonNull(plane.agents.asked.getLast().action().estimate());
    assertThat(estimate.tokens()).isEqualTo(BODY.length() + 1_000 + 100);
    assertThat(plane.recordOf(answer).reserved()).isEqualTo(RESERVED);
    isCharged(answer, new Spend(30, 330));
    await().until(() -> plane.charged.contains(LlmFixture.AGENT_KEY));
  }

  @Test
  void withoutABudgetNothingIsSaidOfIt() {
    plane.agents.reserved = null;

    var answer = plane.send(plane.anthropic(BODY));

    assertThat(plane.outcomeOf(answer).charged()).isNull();
    assertThat(plane.recordOf(answer).reserved()).isNull();
    assertThat(plane.agents.settled).isEmpty();
  }

  @Test
  void aCallThatTheBudgetDoesNotAllowIsRefusedInAnthropicsWords() {
    var shortage = exhausted();

    var answer = plane.send(plane.anthropic(BODY));

    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(error(answer).path("type").asText()).isEqualTo("rate_limit_error");
    assertThat(error(answer).path("message").asText())
        .contains("budget of 10 USD a day")
        .contains(shortage.resets().toString())
        .contains("[budget_exhausted]");
    assertThat(answer.headers().firstValue("retry-after")).hasValue("5401");
    assertThat(answer.headers().firstValue("x-should-retry")).hasValue("false");
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("deny");
    assertThat(plane.provider.seen()).isEmpty();
    var record = plane.recordOf(answer);
    assertThat(record.verdict()).isEqualTo(Verdict.DENY);
    assertThat(record.policyIds()).isEmpty();
    assertThat(record.detail()).startsWith("budget_exhausted: The agent's budget of 10 USD a day");
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("budget_exhausted");
  }

  @Test
  void andInOpenAisWords() {
    exhausted();

    var answer = plane.send(plane.openAi("/v1/chat/completions", BODY));

    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(error(answer).path("type").asText()).isEqualTo("rate_limit_error");
    assertThat(error(answer).path("code").asText()).isEqualTo("budget_exhausted");
    assertThat(error(answer).path("message").asText()).contains("budget of 10 USD a day");
    assertThat(answer.headers().firstValue("retry-after")).hasValue("5401");
  }

  @Test
  void onABudgetOfMoneyNobodyChoosesASurchargeThatHasNoPrice() {
    plane.agents.onMoney = true;

    var anthropic = plane.send(plane.anthropic("{\"speed\":\"fast\"," + BODY.substring(1)));
    var openAi =
        plane.send(
            plane.openAi(
                "/v1/chat/completions",
                "{\"model\":\"gpt-4o\",\"max_tokens\":5,\"service_tier\":\"priority\"}"));

    assertThat(anthropic.statusCode()).isEqualTo(403);
    assertThat(error(anthropic).path("type").asText()).isEqualTo("permission_error");
    assertThat(error(anthropic).path("message").asText()).contains("[surcharge_unknown]");
    assertThat(openAi.statusCode()).isEqualTo(403);
    assertThat(error(openAi).path("code").asText()).isEqualTo("surcharge_unknown");
    assertThat(plane.provider.seen()).isEmpty();
    for (var answer : List.of(anthropic, openAi)) {
      assertThat(plane.recordOf(answer).verdict()).isEqualTo(Verdict.DENY);
      assertThat(plane.recordOf(answer).detail()).startsWith("surcharge_unknown");
    }
    assertThat(plane.send(plane.anthropic(BODY)).statusCode()).as("at list prices").isEqualTo(200);
  }

  @Test
  void aModelWithoutAPriceIsToldFromASurcharge() {
    plane.agents.onMoney = true;

    var answer =
        plane.send(plane.openAi("/v1/chat/completions", "{\"model\":\"m\",\"max_tokens\":5}"));

    assertThat(error(answer).path("code").asText()).isEqualTo("price_unknown");
  }

  @Test
  void aReplyThatDoesNotSayWhatItUsedIsChargedInFull() {
    plane.provider.answers((_, line) -> line.json(200, "{\"type\":\"message\"}"));

    isCharged(plane.send(plane.anthropic(BODY)), RESERVED.spend());
  }

  @Test
  void whatTheProviderRefusesCostsNothing() {
    plane.provider.answers((_, line) -> line.json(529, "{\"type\":\"error\",\"error\":{}}"));

    isCharged(plane.send(plane.anthropic(BODY)), Spend.ZERO);
  }

  @Test
  void whatNeverWentOutCostsNothing() {
    plane.provide(
        "anthropic",
        ProviderSpec.Kind.ANTHROPIC,
        URI.create("http://127.0.0.1:1"),
        List.of("claude-*"),
        5);

    isCharged(plane.send(plane.anthropic(BODY)), Spend.ZERO);
  }

  @Test
  void aReplyThatBreaksOffIsChargedInFull() throws Exception {
    var go = new CountDownLatch(1);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(Streams.ANTHROPIC.get(0));
      assertThat(go.await(10, TimeUnit.SECONDS)).isTrue();
      line.breakOff();
    });

    var reply =
        plane.client.send(
            plane.anthropic(STREAMED).timeout(Duration.ofSeconds(20)).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    go.countDown();

    assertThatThrownBy(() -> reply.body().readAllBytes()).isInstanceOf(IOException.class);
    isCharged(reply, RESERVED.spend());
    assertThat(plane.outcomeOf(reply).status()).isEqualTo(Outcome.Status.FAILED);
  }

  @Test
  void theAgentHearsOfAnOutcomeOnlyOnceItIsInTheLog() {
    plane.provider.answers((_, line) -> {
      plane.audit.outage.block();
      line.json(200, REPLY);
    });

    var answer = plane.send(plane.anthropic(BODY));
    await().until(() -> plane.audit.outage.waiting() == 1);
    assertThat(plane.agents.settled).isEmpty();

    plane.audit.outage.end();
    isCharged(answer, new Spend(30, 330));
  }

  @Test
  void whatIsRefusedAfterItWasPermittedKeepsNothing() {
    plane.standing = Freshness.Standing.FROZEN;

    var answer = plane.send(plane.anthropic(BODY));

    assertThat(answer.statusCode()).isEqualTo(403);
    await().until(() -> !plane.agents.settled.isEmpty());
    assertThat(plane.agents.settled).extracting(Agent.Settle::charged).containsExactly(Spend.ZERO);
  }

  @Test
  void behindARaisedFenceNothingIsKeptAndTheCallMayComeAgain() {
    LlmFixture.await(plane.fences.raise(LlmFixture.AGENT_KEY, FakeAgents.FENCE + 1));

    var answer = plane.send(plane.anthropic(BODY));
    plane.fences.clear();

    assertThat(answer.statusCode()).isEqualTo(503);
    await().until(() -> !plane.agents.settled.isEmpty());
    assertThat(plane.provider.seen()).isEmpty();
  }

  @Test
  void anIntentThatMayHaveBeenWrittenKeepsItsReservation() {
    plane.audit.full(true);

    var answer = plane.send(plane.anthropic(BODY));

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(plane.agents.settled).isEmpty();
  }
}
