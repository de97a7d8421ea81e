package io.redoubt.multinode.fault;

import static io.redoubt.multinode.fault.Governed.WAYS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.fault.Governed.Way;
import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.SharedProduct;
import io.redoubt.proxy.sdk.SdkAgent.Answer;
import io.redoubt.proxy.sdk.SdkAgent.Broken;
import io.redoubt.proxy.sdk.SdkAgent.Heard;
import io.redoubt.proxy.sdk.SdkAgent.Refused;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Each verdict, in each style of the providers, streamed and not, as agents that are written with
 * the vendors' SDKs meet it while policies change; and from its record alone an operator finds out
 * why each call went the way it did.
 */
@ExtendWith(SharedProduct.class)
final class VerdictsIT {
  private Governed governed;

  @BeforeEach
  void begin(Product product) {
    governed = new Governed(product);
  }

  @AfterEach
  void end() {
    governed.close();
  }

  private static String summary(JsonNode explanation) {
    return explanation.required("summary").asText();
  }

  private static List<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText).toList();
  }

  @Test
  void aCallOfAModelIsPermittedDeniedLeftToSomebodyOrReported() {
    for (var each : governed.hearAll("All is well").entrySet()) {
      var heard = each.getValue();
      assertThat(heard.calls()).as("%s", each.getKey()).containsExactly("look_up", "transfer");
      assertThat(heard.text()).contains("All is well").doesNotContain("Redoubt");
      assertThat(summary(governed.explain(heard.action())))
          .isEqualTo("Permitted by starter in version 1 of the policies.");
    }

    governed.put(
        "no-model",
        """
        forbid (principal, action == Action::"llm:generate", resource == Model::"MODEL");
        """);
    assertThat(governed.publish()).isEqualTo(2);
    int before = governed.parrot().prompts().size();
    for (var each : governed.refuseAll("All is well").entrySet()) {
      var refused = each.getValue();
      assertThat(refused.status()).as("%s", each.getKey()).isEqualTo(403);
      assertThat(refused.words()).contains("(no-model) [policy_denied]", "permission_error");
      var why = governed.explain(refused.action());
      assertThat(summary(why)).isEqualTo("Denied by no-model in version 2 of the policies.");
      assertThat(why.at("/policies/0/text").asText()).contains("forbid", governed.parrot().model());
    }

    governed.put(
        "no-model",
        """
        @escalate("security")
        forbid (principal, action == Action::"llm:generate", resource)
        unless { context has approval };
        """);
    assertThat(governed.publish()).isEqualTo(3);
    for (var each : governed.refuseAll("All is well").entrySet()) {
      var refused = each.getValue();
      assertThat(refused.status()).as("%s", each.getKey()).isEqualTo(403);
      assertThat(refused.words()).contains("approval_needed", "approved first");
      var why = governed.explain(refused.action());
      assertThat(summary(why))
          .matches(
              "Left to somebody to approve by no-model in version 3 of the policies: apr_[0-9a-f]{32}\\.");
      assertThat(why.at("/record/verdict").asText()).isEqualTo("escalate");
      assertThat(texts(why.path("workflows"))).containsExactly("security");
    }
    assertThat(governed.parrot().prompts()).as("nothing went out").hasSize(before);

    governed.put(
        "no-model",
        """
        @shadow
        forbid (principal, action == Action::"llm:generate", resource);
        """);
    governed.put(
        "watched",
        """
        @alert("somebody asks a model")
        permit (principal, action == Action::"llm:generate", resource);
        """);
    assertThat(governed.publish()).isEqualTo(4);
    for (var each : governed.hearAll("All is well").entrySet()) {
      var heard = each.getValue();
      assertThat(heard.calls()).as("%s", each.getKey()).containsExactly("look_up", "transfer");
      var why = governed.explain(heard.action());
      assertThat(summary(why)).startsWith("Permitted by ").contains("watched", "in version 4");
      assertThat(why.at("/alerts/0/policy_id").asText()).isEqualTo("watched");
      assertThat(why.at("/alerts/0/text").asText()).isEqualTo("somebody asks a model");
      assertThat(why.at("/shadow/verdict").asText()).isEqualTo("deny");
      assertThat(why.at("/shadow/policies/0/id").asText()).isEqualTo("no-model");
    }
  }

  @Test
  void aToolCallInAReplyIsReportedDeniedOrLeftToSomebody() {
    String large =
        """
        forbid (principal, action == Action::"tool:call", resource == Tool::"transfer")
        when { context.args has amount && context.args.amount > 1000 }
        """;
    governed.put("sums", "@shadow\n" + large + ";");
    governed.put(
        "watched",
        """
        @alert("money moves")
        permit (principal, action == Action::"tool:call", resource == Tool::"transfer");
        """);
    governed.publish();
    for (var each : governed.hearAll("Pay").entrySet()) {
      var heard = each.getValue();
      assertThat(heard.calls()).as("%s", each.getKey()).containsExactly("look_up", "transfer");
      var why = governed.explainCall("transfer", heard.action());
      assertThat(summary(why)).startsWith("Permitted by ").contains("watched", "in version 2");
      assertThat(why.at("/alerts/0/text").asText()).isEqualTo("money moves");
      assertThat(why.at("/shadow/policies/0/id").asText()).isEqualTo("sums");
    }

    governed.put("sums", large + ";");
    governed.publish();
    for (var each : governed.hearAll("Pay").entrySet()) {
      var heard = each.getValue();
      assertThat(heard.calls()).as("%s", each.getKey()).containsExactly("look_up");
      assertThat(heard.text())
          .contains("Pay", "Redoubt denied the call of the tool \"transfer\"", "sums");
      var why = governed.explainCall("transfer", heard.action());
      assertThat(summary(why)).isEqualTo("Denied by sums in version 3 of the policies.");
      assertThat(heard.text()).contains(why.at("/record/id").asText().replace("aud_", "act_"));
      assertThat(summary(governed.explainCall("look_up", heard.action())))
          .isEqualTo("Permitted by starter in version 3 of the policies.");
    }

    governed.put("sums", "@escalate(\"treasury\")\n" + large + "unless { context has approval };");
    governed.publish();
    for (var each : governed.hearAll("Pay").entrySet()) {
      var heard = each.getValue();
      assertThat(heard.calls()).as("%s", each.getKey()).containsExactly("look_up");
      assertThat(heard.text()).contains("approved first", "sums");
      var why = governed.explainCall("transfer", heard.action());
      assertThat(summary(why))
          .matches(
              "Left to somebody to approve by sums in version 4 of the policies: apr_[0-9a-f]{32}\\.");
      assertThat(texts(why.path("workflows"))).containsExactly("treasury");
    }
  }

  @Test
  void whatIsFoundIsRedactedOrBlockedInRequestsRepliesAndArguments() {
    governed.putContent(
        """
        {"rules": [
           {"subject": "email", "in": ["request"], "action": "redact"},
           {"subject": "bluebird", "in": ["request"], "action": "block"},
           {"subject": "iban", "in": ["reply"], "action": "redact"},
           {"subject": "sandpiper", "in": ["reply"], "action": "block"},
           {"subject": "heron", "in": ["arguments"], "action": "block"}],
         "patterns": [
           {"name": "bluebird", "words": ["Bluebird"]},
           {"name": "sandpiper", "words": ["Sandpiper"]},
           {"name": "heron", "words": ["Heron"]}]}
        """);
    governed.publish();

    var found = WAYS.stream().map(this::find).toList();

    for (Found each : found) {
      var way = each.way();
      assertActed(governed.explain(each.redacted().action()), "pii:email", "redact");
      var why = governed.explain(each.blocked().action());
      assertThat(summary(why))
          .as("%s", way)
          .isEqualTo("Denied by content:organization in version 2 of the policies.");
      assertActed(why, "custom:bluebird", "block");
      assertActed(concluded(each.masked().action()), "reply:pii:iban", "redact");
      var concluded = concluded(each.ended().action());
      assertThat(concluded.at("/record/outcome/error").asText())
          .as("%s", way)
          .isEqualTo("content-blocked");
      assertActed(concluded, "reply:custom:sandpiper", "block");
      assertThat(summary(governed.explainCall("look_up", each.replaced().action())))
          .as("%s", way)
          .isEqualTo("Denied by content:organization in version 2 of the policies.");
    }
  }

  /** What was told where something was found, in one way of asking. */
  private record Found(
      Way way, Heard redacted, Refused blocked, Heard masked, Answer ended, Heard replaced) {}

  private Found find(Way way) {
    var redacted = governed.hear(way, "Write to maria@keller.de today");
    assertThat(governed.parrot().prompts().getLast())
        .as("%s", way)
        .isEqualTo("Write to [REDACTED:email] today");
    assertThat(redacted.text()).contains("Write to [REDACTED:email] today");

    int before = governed.parrot().prompts().size();
    var blocked = governed.refusal(way, "What is Bluebird about");
    assertThat(blocked.status()).as("%s", way).isEqualTo(403);
    assertThat(blocked.words()).contains("(content:organization) [policy_denied]");
    assertThat(governed.parrot().prompts()).as("nothing went out").hasSize(before);

    var masked = governed.hear(way, "Pay to DE89 3704 0044 0532 0130 00 today");
    assertThat(governed.parrot().prompts().getLast()).contains("3704");
    assertThat(masked.text()).as("%s", way).contains("Pay to [REDACTED:iban] today");
    assertThat(masked.calls()).containsExactly("look_up", "transfer");

    var ended = governed.ask(way, "A word about the Sandpiper project");
    assertThat(ended).as("%s", way).isNotInstanceOf(Heard.class);
    if (!way.streamed()) {
      assertThat(ended)
          .isInstanceOfSatisfying(
              Refused.class,
              it -> {
                assertThat(it.status()).isEqualTo(403);
                assertThat(it.words()).contains("reply_blocked", "permission_error");
              });
    }

    var replaced = governed.hear(way, "Look for the Heron");
    assertThat(replaced.calls()).as("%s", way).isEmpty();
    assertThat(replaced.text()).contains("Look for the Heron", "content:organization");
    return new Found(way, redacted, blocked, masked, ended, replaced);
  }

  private JsonNode concluded(String action) {
    return governed.explain(action, why -> why.at("/record/outcome").isObject());
  }

  private static void assertActed(JsonNode explanation, String finding, String action) {
    var acted = explanation.at("/record/coverage/acted");
    assertThat(acted.findValuesAsText("finding")).as("%s", explanation).contains(finding);
    for (JsonNode act : acted) {
      if (act.path("finding").asText().equals(finding)) {
        assertThat(act.path("action").asText()).isEqualTo(action);
        assertThat(act.path("by").asText()).isEqualTo("organization");
      }
    }
  }

  /** The SDKs would ask again, and are told not to. */
  @Test
  void overBudgetEachSdkHearsItInItsOwnWordsOnce() {
    var limits = Documents.object();
    limits.putObject("budget").put("tokens_per_day", 10);
    var thrifty = governed.agent(limits);
    int before = governed.parrot().prompts().size();

    for (Way way : WAYS) {
      if (!(governed.ask(thrifty, way, "All is well") instanceof Refused refused)) {
        throw new AssertionError("not refused: " + way);
      }
      assertThat(refused.status()).as("%s", way).isEqualTo(429);
      assertThat(refused.words()).contains("rate_limit_error", "budget_exhausted");
      var why = governed.explain(refused.action());
      assertThat(summary(why)).startsWith("Denied without asking a policy: budget_exhausted");
      assertThat(
              governed
                  .operator()
                  .call(
                      "GET",
                      "/api/v1/audit?limit=50&plane=llm&agent_id="
                          + why.at("/record/agent_id").asText(),
                      null)
                  .required("items"))
          .as("one record for each question")
          .hasSize(WAYS.indexOf(way) + 1);
    }
    assertThat(governed.parrot().prompts()).as("nothing went out").hasSize(before);
  }

  @Test
  void whileTheDatabaseIsStoppedNothingGoesOutAndNoToolCallComesIn(Product product)
      throws Exception {
    governed.parrot().hush();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var underWay =
          WAYS.stream()
              .map(way ->
                  CompletableFuture.supplyAsync(() -> governed.ask(way, "Still there"), threads))
              .toList();
      await("all are under way").until(() -> governed.parrot().waiting() == WAYS.size());
      int before = governed.parrot().prompts().size();
      try (var _ = product.stopDatabase()) {
        governed.parrot().speak();
        for (var each : underWay) {
          assertThat(calls(each.join())).as("what cannot be recorded").isEmpty();
        }

        var refused =
            WAYS.stream()
                .map(way ->
                    CompletableFuture.supplyAsync(() -> governed.ask(way, "Anybody"), threads))
                .toList();
        for (var each : refused) {
          assertThat(each.join())
              .isInstanceOfSatisfying(Refused.class, it -> assertThat(it.status()).isEqualTo(503));
        }
        assertThat(governed.parrot().prompts()).as("nothing went out").hasSize(before);
      }
    }
    product.awaitReady();
    await("models are called again")
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            governed.ask(WAYS.getFirst(), "All is well") instanceof Heard heard
                && heard.calls().size() == 2);
  }

  private static List<String> calls(Answer answer) {
    System.out.println("with the database stopped: " + answer);
    return switch (answer) {
      case Heard heard -> heard.calls();
      case Refused _, Broken _ -> List.of();
    };
  }
}
