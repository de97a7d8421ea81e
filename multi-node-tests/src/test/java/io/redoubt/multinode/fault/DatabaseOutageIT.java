package io.redoubt.multinode.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.check.NoActWithoutRecord;
import io.redoubt.multinode.check.NothingLost;
import io.redoubt.multinode.check.OneSuccessor;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AnswerForm;
import io.redoubt.multinode.product.AtOnce;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.BreakGlass;
import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.SharedProduct;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.TokenText;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** PostgreSQL goes away under the running servers, and comes back. */
@ExtendWith(SharedProduct.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DatabaseOutageIT {
  private static final int AGENTS = 16;

  private final List<Aftermath> aftermaths = new ArrayList<>();

  /** What has to be looked at later. */
  private record Aftermath(AgentClient agent, History history, Upstream upstream) {}

  /**
   * What is asked while the database is away and, in the same words, when it is back.
   *
   * @param granted the status of success
   */
  private record Asked(String what, int granted, Supplier<Attempt> send) {}

  /**
   * One whose answer an outage swallowed gets its outcome when it is certain whether it was
   * written: certainty, then the next settle-interval, then the way up. The time is waited for
   * once.
   */
  @AfterAll
  void everyIntentHasItsOutcome(Product product) {
    var operator = Operator.of(product);
    assertThat(aftermaths).hasSize(2);
    await("every intent has its outcome (G4)")
        .atMost(Duration.ofSeconds(45))
        .untilAsserted(() ->
            assertThat(aftermaths)
                .allSatisfy(it ->
                    assertThat(
                            NoActWithoutRecord.violations(
                                it.upstream().sightings(),
                                it.history().modelCalls(),
                                operator.audit(it.agent().id()).stream()
                                    .filter(line -> line.plane().equals("llm"))
                                    .toList(),
                                List.of()))
                        .isEmpty()));
  }

  @Test
  void whileTheDatabaseIsStoppedCallersHear503AndAfterwardsAllGoesOn(Product product) {
    outage(product, "stopped", product::stopDatabase);
  }

  @Test
  void whileTheDatabaseHangsCallersHear503AndAfterwardsAllGoesOn(Product product) {
    outage(product, "hanging", product::freezeDatabase);
  }

  private void outage(
      Product product, String how, Supplier<? extends AutoCloseable> breakDatabase) {
    var random = Seed.random("database " + how);
    var history = new History();
    var operator = Operator.of(product);
    var servers = product.runtime().nodes();
    var chains = Chains.boot(product, operator, history, AGENTS);
    // Its family stays out of the doubt that an outage leaves behind.
    var agent =
        AgentClient.boot(
            product,
            new TokenEndpoint(product, history),
            operator.createAgent("caller"),
            AgentClient.Successors.BY_CLIENT);
    String made = "made-" + System.nanoTime();
    var beside = beside(product, operator, made);
    try (var upstream = Upstream.start(product.clock())) {
      operator.useUpstream(upstream);
      var models = new ModelClient(product, upstream, history);
      await("the provider is known")
          .atMost(Duration.ofSeconds(10))
          .until(() -> status(models.call(agent, Upstream.Kind.ANTHROPIC)) == 200);

      chains.run().awaitGrants(random.nextInt(100, 500));
      during(
          breakDatabase,
          () -> {
            chains.stop();
            AtOnce.each(
                List.<Runnable>of(
                    () -> assertUnavailable(product, chains.agents().getFirst(), models, agent),
                    () -> assertUnavailable(operator),
                    () -> AtOnce.each(beside, DatabaseOutageIT::assertRefused)),
                Runnable::run);
          });
      product.awaitReady();
      long recovered = System.nanoTime();
      chains.resolve();
      await("model calls go on")
          .atMost(Duration.ofSeconds(10))
          .until(() -> status(models.call(agent, Upstream.Kind.ANTHROPIC)) == 200);
      await("the operator API goes on")
          .atMost(Duration.ofSeconds(10))
          .until(() -> operator.send("GET", "/api/v1/agents", null).status() == 200);
      AtOnce.each(beside, DatabaseOutageIT::awaitGranted);
      assertThat(operator.call("GET", "/api/v1/agents?name=" + made, null).required("items"))
          .as("made once, however often that was asked")
          .hasSize(1);

      System.out.println(history);
      assertThat(product.serversAlive()).as("the servers were not restarted").isTrue();
      assertThat(product.runtime().nodes()).isEqualTo(servers);
      assertThat(OneSuccessor.violations(history)).as("G1, G2").isEmpty();
      assertThat(NothingLost.violations(history, recovered)).as("durability").isEmpty();
      assertThat(history.badAnswers()).as("form of refusals").isEmpty();
      aftermaths.add(new Aftermath(agent, history, upstream));
    }
  }

  /** One of each that needs the database, and is not among what is asked all the time. */
  private static List<Asked> beside(Product product, Operator operator, String made) {
    var newcomer = operator.createAgent("newcomer");
    String committed = product.secrets().note(TokenText.successorOf(newcomer.bootstrapToken()));
    var endpoint = new TokenEndpoint(product, new History());
    var stopped = operator.createAgent("stopped");
    var agent = Documents.object().put("name", made).put("enclave_id", product.runtime().enclave());
    return List.of(
        new Asked(
            "a bootstrap", 200, () -> endpoint.bootstrap(newcomer.bootstrapToken(), committed)),
        new Asked("an operator's token", 200, operator::attemptToLogIn),
        new Asked("a new agent", 201, once(operator, "/api/v1/agents", agent)),
        new Asked(
            "an isolation",
            200,
            once(operator, "/api/v1/agents/" + stopped.id() + "/isolate", Operator.reason())),
        new Asked("an operator's token of the enclave", 200, breakGlass(product, operator)));
  }

  /** With one key, so that what an outage leaves in doubt can be asked again. */
  private static Supplier<Attempt> once(Operator operator, String path, JsonNode body) {
    String key = UUID.randomUUID().toString();
    return () -> new Attempt.Answered(operator.repeat("POST", path, body, key));
  }

  private static Supplier<Attempt> breakGlass(Product product, Operator operator) {
    var body = Documents.object().put("name", "break glass").put("break_glass", true);
    body.putArray("permissions").add("agents:read").add("agents:manage");
    JsonNode client = operator.call("POST", "/api/v1/iam/clients", body);
    String id = client.required("client").required("id").asText();
    String secret = product.secrets().note(client.required("client_secret").asText());
    Supplier<Attempt> login = () -> BreakGlass.attemptToLogIn(product, id, secret);
    await("the enclave knows the client")
        .atMost(Duration.ofSeconds(10))
        .until(() -> status(login.get()) == 200);
    return login;
  }

  /** An answer may get lost on a connection that hangs; one that comes says what is the matter. */
  private static void assertRefused(Asked asked) {
    await(asked.what() + " is answered 503")
        .atMost(Duration.ofSeconds(20))
        .until(() -> {
          if (!(asked.send().get() instanceof Attempt.Answered(var reply))
              || reply.status() == 429) {
            return false;
          }
          assertThat(reply.status()).as("%s: %s", asked.what(), reply).isEqualTo(503);
          assertThat(AnswerForm.problemViolations(reply)).as(asked.what()).isEmpty();
          return true;
        });
  }

  private static void awaitGranted(Asked asked) {
    await(asked.what() + " is granted again")
        .atMost(Duration.ofSeconds(20))
        .until(() -> status(asked.send().get()) == asked.granted());
  }

  private static void during(Supplier<? extends AutoCloseable> breakage, Runnable meanwhile) {
    try (var _ = breakage.get()) {
      meanwhile.run();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("the breakage does not end", e);
    }
  }

  /** No rotation and no action, and that is said; verification of tokens goes on. */
  private static void assertUnavailable(
      Product product, AgentClient rotating, ModelClient models, AgentClient agent) {
    await("a rotation is answered 503")
        .atMost(Duration.ofSeconds(15))
        .until(() -> {
          var reply = rotating.rotate().reply();
          return reply != null && reply.status() == 503;
        });
    for (Upstream.Kind kind : Upstream.Kind.values()) {
      assertThat(status(models.call(agent, kind))).as("a model call, %s", kind).isEqualTo(503);
      assertThat(status(models.call(agent.id(), agent.accessToken() + "x", kind)))
          .as("a forged token, %s", kind)
          .isEqualTo(401);
    }
    assertThat(product.ready()).as("ready").isFalse();
    assertThat(product.serversAlive()).as("alive").isTrue();
  }

  private static void assertUnavailable(Operator operator) {
    await("the operator API is answered 503")
        .atMost(Duration.ofSeconds(15))
        .until(() -> {
          var reply = operator.send("GET", "/api/v1/agents", null);
          return reply.problem().equals("unavailable") && reply.header("retry-after").isPresent();
        });
  }

  private static int status(Attempt attempt) {
    return attempt instanceof Attempt.Answered(var reply) ? reply.status() : 0;
  }
}
