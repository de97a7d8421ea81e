package io.redoubt.standalone.tour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tour of somebody who approves what agents want to do, with the command line alone: in peace,
 * asleep, with the control plane gone, and after everything died. The chapters build on each other.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ApprovalTourIT {
  private static final Duration SOON = Duration.ofSeconds(15);

  /** Longer than any chapter takes. */
  private static final int PATIENT = 60;

  @TempDir static Path directory;

  private Product product;
  private RiskyModel model;
  private AgentClient agent;

  /** A reply that is being read. */
  private record Reply(CompletableFuture<String> text) {
    String whole() {
      return text.orTimeout(30, TimeUnit.SECONDS).join();
    }

    /** Without what only kept it alive. */
    String withoutPings() {
      return whole().replaceAll("event: ping\\ndata: [^\\n]*\\n\\n", "");
    }
  }

  @BeforeAll
  void prepare() throws IOException {
    product = new Product(directory);
    var up = product.up("--nodes", "1");
    assertThat(up.code()).as(up.toString()).isZero();
    model = RiskyModel.start();
    done(
        Map.of("REDOUBT_PROVIDER_KEY", "sk-risky-not-a-key"),
        "provider",
        "set",
        "risky",
        "--kind",
        "anthropic",
        "--base-url",
        model.baseUrl().toString(),
        "--model",
        RiskyModel.NAME);
    policies();
    var created = done("agent", "create", "trader", "-o", "json");
    agent = new AgentClient(product.runtime(), new SecretHunt());
    var granted = agent.bootstrap(created.json().path("bootstrap_token").asText());
    assertThat(granted.status()).as(granted.body()).isEqualTo(200);
  }

  /** A transfer is for somebody to approve; a wipe is too, and nobody is awake. */
  private void policies() throws IOException {
    done(
        "policy",
        "workflow",
        "set",
        "asleep",
        file(
            "asleep.json",
            """
            {"tiers": [
              {"kind": "human", "approvers": ["owner"], "timeout_seconds": 3, "on_timeout": "next"},
              {"kind": "human", "timeout_seconds": 3, "on_timeout": "deny"}]}
            """));
    done(
        "policy",
        "set",
        "ask",
        file(
            "ask.cedar",
            """
            @escalate("default")
            forbid (principal, action == Action::"tool:call", resource == Tool::"transfer")
            unless { context has approval };
            @escalate("asleep")
            forbid (principal, action == Action::"tool:call", resource == Tool::"wipe")
            unless { context has approval };
            """));
    done("policy", "publish");
  }

  @AfterAll
  void goDown() {
    product.type("down");
    model.close();
  }

  private static String file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  private Product.Said done(String... words) {
    return done(Map.of(), words);
  }

  private Product.Said done(Map<String, String> environment, String... words) {
    var said = product.type(environment, words);
    assertThat(said.code()).as("%s: %s", String.join(" ", words), said).isZero();
    return said;
  }

  /** Opens a reply in which the model wants to call the tool, and reads it in the background. */
  private Reply opened(String tool, String about, int wait) throws Exception {
    var response = agent.openWithTool(RiskyModel.NAME, tool, about, wait);
    assertThat(response.statusCode()).isEqualTo(200);
    return new Reply(
        CompletableFuture.supplyAsync(() -> {
          try (var body = response.body()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }));
  }

  /** What waits for a decision about that, as the command line shows it. */
  private String pending(String about, String... options) {
    return await("a request about " + about)
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> idOf(about, options), id -> !id.isEmpty());
  }

  private String idOf(String about, String... options) {
    var words = new ArrayList<>(List.of("approvals", "list", "-o", "json"));
    words.addAll(List.of(options));
    return StreamSupport.stream(
            done(words.toArray(String[]::new)).json().path("items").spliterator(), false)
        .filter(it -> it.at("/arguments/about").asText().equals(about))
        .map(it -> it.path("id").asText())
        .findFirst()
        .orElse("");
  }

  private JsonNode shown(String approval) {
    return done("approvals", "show", approval, "-o", "json").json();
  }

  /** Follows what {@code approvals watch} says while something happens. */
  private final class Watch implements AutoCloseable {
    private final Path out;
    private final Process process;

    Watch(String name) throws IOException {
      out = directory.resolve(name + ".out");
      process =
          product.start(
              Map.of(), out, directory.resolve(name + ".err"), "approvals", "watch", "-o", "json");
    }

    /** The lines about that; each says how a request stands, or stood. */
    List<JsonNode> lines(String about) {
      try {
        return Files.readAllLines(out).stream()
            .map(ApprovalTourIT::json)
            .filter(line -> line.at("/arguments/about").asText().equals(about))
            .toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    String awaitOne(String about) {
      await("a line about " + about).atMost(SOON).until(() -> !lines(about).isEmpty());
      return lines(about).getFirst().path("id").asText();
    }

    List<String> allOf(String approval) {
      try {
        return Files.readAllLines(out).stream()
            .map(ApprovalTourIT::json)
            .filter(line -> line.path("id").asText().equals(approval))
            .map(line -> line.path("status").asText() + " " + line.path("tier").asText())
            .toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() throws IOException {
      process.destroy();
      process.onExit().join();
    }
  }

  private static JsonNode json(String line) {
    try {
      return Json.LENIENT.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException(line, e);
    }
  }

  @Test
  @Order(1)
  void aRiskyCallInAStreamIsHeldAndGoesOutByteForByteOnceItIsApproved() throws Exception {
    try (var watch = new Watch("approved")) {
      var reply = opened("transfer", "the rent", PATIENT);
      String approval = watch.awaitOne("the rent");

      var shown = done("approvals", "show", approval).out();
      assertThat(shown).contains("transfer", "tool:call", "amount", "the rent");
      assertThat(reply.text()).as("held").isNotDone();
      var said = done("approvals", "approve", approval, "--reason", "it is due");

      assertThat(said.out()).contains(approval);
      assertThat(reply.withoutPings()).isEqualTo(model.said("the rent"));
      await("watch says that it is gone")
          .atMost(SOON)
          .until(() -> watch.allOf(approval).contains("consumed 1"));
      assertThat(shown(approval).at("/votes/0/reason").asText()).isEqualTo("it is due");
    }
  }

  @Test
  @Order(2)
  void deniedItIsReplacedByAnExplanation() throws Exception {
    var reply = opened("transfer", "a yacht", PATIENT);
    String approval = pending("a yacht");

    done("approvals", "deny", approval, "--reason", "not on a Friday");

    assertThat(reply.whole())
        .contains("dépêche-toi", "Redoubt", approval, "end_turn", "event: message_stop")
        .doesNotContain("tool_use", "amount", "not on a Friday");
    assertThat(shown(approval).path("status").asText()).isEqualTo("denied");
    assertThat(product.type("approvals", "approve", approval).code())
        .as("nobody decides it again")
        .isEqualTo(1);
  }

  @Test
  @Order(3)
  void withEverybodyAsleepItGoesFromTierToTierAndThenNowhere() throws Exception {
    try (var watch = new Watch("asleep")) {
      var reply = opened("wipe", "the disk", PATIENT);
      String approval = watch.awaitOne("the disk");

      assertThat(reply.whole()).contains(approval).doesNotContain("tool_use", "amount");
      await("watch says that it is over")
          .atMost(SOON)
          .until(() -> watch.allOf(approval).contains("expired 2"));
      assertThat(watch.allOf(approval)).containsExactly("pending 1", "pending 2", "expired 2");
    }
    await("each step on record")
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(
                    done("audit", "search", "--agent", "trader", "--limit", "0", "-o", "json")
                        .json()
                        .path("items")
                        .findValuesAsText("operation"))
                .contains("approval:asked", "approval:escalated", "approval:expired"));
  }

  @Test
  @Order(4)
  void withTheControlPlaneGoneItIsApprovedAtTheEnclave() throws Exception {
    product.killServers();
    assertThat(product.type("approvals", "list").code()).as("nobody is there").isEqualTo(5);

    var reply = opened("transfer", "water and bread", PATIENT);
    String approval = pending("water and bread", "--at-enclave");
    done("approvals", "approve", approval, "--at-enclave", "--reason", "we must eat");

    assertThat(reply.withoutPings()).isEqualTo(model.said("water and bread"));
    var impatient = opened("transfer", "the winter", 1);
    String later = pending("the winter", "--at-enclave");
    assertThat(impatient.whole()).contains(later, "pending").doesNotContain("tool_use");
  }

  @Test
  @Order(5)
  void afterEverythingDiedAllOfItIsThereAndWhatWaitedPassesOnce() throws Exception {
    product.killEverything();
    var up = product.up("--nodes", "1");
    assertThat(up.code()).as(up.toString()).isZero();

    String approval = pending("the winter");
    assertThat(done("approvals", "list", "--status", "all").out())
        .contains("consumed", "denied", "expired", approval);
    done("approvals", "approve", approval, "--reason", "it is cold");

    assertThat(opened("transfer", "the winter", 1).withoutPings())
        .isEqualTo(model.said("the winter"));
    assertThat(opened("transfer", "the winter", 1).whole())
        .as("once more it has to be asked anew")
        .doesNotContain("tool_use", approval);
  }
}
