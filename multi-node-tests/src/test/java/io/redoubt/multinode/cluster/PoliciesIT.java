package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AgentClient.Successors;
import io.redoubt.multinode.product.AtOnce;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.Leases;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Parrot;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Reply;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import io.redoubt.multinode.product.Upstream.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * What an operator publishes decides on every node from then on. In an organization of its own,
 * since the other scenarios want to be permitted.
 */
@ExtendWith(SharedTrio.class)
@Isolated
final class PoliciesIT {
  /** So many that some live on each node, which is where they are decided about. */
  private static final int AGENTS = 8;

  private static final int ROUNDS = 4;
  private static final Duration THINK = Duration.ofMillis(10);
  private static final Duration EVERYWHERE_WITHIN = Duration.ofSeconds(2);

  private final Product product;
  private final List<Installation.Node> nodes;
  private final Upstream upstream;
  private final Operator operator;
  private final Leases leases;
  private final History history = new History();
  private final List<AgentClient> agents;

  PoliciesIT(Trio trio) {
    this.product = trio.product();
    this.nodes = product.runtime().nodes();
    this.leases = new Leases(product);
    this.upstream = Upstream.start(product.clock());
    this.operator = trio.operator().foundOrganization("governed").operator();
    operator.useUpstream(upstream);
    this.agents =
        AgentClient.bootAll(
            product,
            new TokenEndpoint(product, history, new Rota(nodes)),
            AGENTS,
            () -> operator.createAgent("governed"),
            _ -> Successors.BY_CLIENT);
    AtOnce.each(agents, agent -> nodes.forEach(node -> models(node).awaitServed(agent)));
  }

  @AfterEach
  void stop() {
    upstream.close();
  }

  private ModelClient models(Installation.Node node) {
    return new ModelClient(product, upstream, history, () -> node);
  }

  private String forbid() {
    return """
    forbid (principal, action == Action::"llm:generate", resource == Model::"%s");
    """
        .formatted(upstream.model());
  }

  private void put(String name, String cedar) {
    operator.call("PUT", "/api/v1/policies/" + name, Documents.object().put("cedar", cedar));
  }

  private Reply publish() {
    return operator.send("POST", "/api/v1/bundles", Documents.object());
  }

  /** Publishes, and sees that every node says in time that it runs it. */
  private JsonNode publishEverywhere(JsonNode body) {
    long started = System.nanoTime();
    Reply reply = operator.send("POST", "/api/v1/bundles", body);
    var took = Duration.ofNanos(System.nanoTime() - started);

    assertThat(reply.status()).as("%s", reply).isEqualTo(201);
    JsonNode published = reply.json();
    assertThat(published.required("nodes").findValuesAsText("node"))
        .containsExactly("node-1", "node-2", "node-3");
    var from = Instant.parse(published.required("published_at").asText());
    var each =
        published.required("nodes").findValuesAsText("acknowledged_at").stream()
            .map(at -> Duration.between(from, Instant.parse(at)))
            .sorted()
            .toList();
    assertThat(each).allSatisfy(it -> assertThat(it).isLessThan(EVERYWHERE_WITHIN));
    assertThat(took).isLessThan(EVERYWHERE_WITHIN);
    // The answer comes once every node decides by it: what is asked from then on is its decision.
    System.out.printf(
        "version %s on every node after %s; on each after %s%n",
        published.path("version"), took, each);
    return published;
  }

  private interface Check {
    void of(AgentClient agent, Reply reply);
  }

  /** The very next call of every agent, through every node, in both providers' words. */
  private void eachCall(Check check) {
    AtOnce.each(
        agents,
        agent -> {
          for (Kind kind : Kind.values()) {
            for (Installation.Node node : nodes) {
              check.of(agent, decided(agent, node, kind));
            }
          }
        });
  }

  /** A node that misses its lease for a moment says so (503), and decides nothing. */
  private Reply decided(AgentClient agent, Installation.Node node, Kind kind) {
    var models = models(node);
    return await("a decision of " + node.name())
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              if (!(models.call(agent, kind) instanceof Attempt.Answered(var reply))) {
                throw new AssertionError("not answered by " + node.name());
              }
              return reply;
            },
            reply -> reply.status() != 503);
  }

  private static String header(Reply reply, String name) {
    return reply.header(name).orElseThrow(() -> new AssertionError(name + " in " + reply));
  }

  private void eachIsDenied(String because) {
    int before = upstream.sightings().size();
    eachCall((_, reply) -> {
      assertThat(reply.status()).as("%s", reply).isEqualTo(403);
      assertThat(header(reply, "x-redoubt-decision")).isEqualTo("deny");
      assertThat(header(reply, "x-redoubt-action")).startsWith("act_");
      assertThat(reply.json().at("/error/message").asText()).contains(because);
    });
    assertThat(upstream.sightings()).as("nothing went out").hasSize(before);
  }

  private void eachIsPermitted() {
    eachCall((_, reply) -> {
      assertThat(reply.status()).as("%s", reply).isEqualTo(200);
      assertThat(header(reply, "x-redoubt-decision")).isEqualTo("permit");
    });
  }

  /** The record of the agent's next call, looked up by the action id of the answer. */
  private JsonNode recordOfNextCall(AgentClient agent) {
    Reply decided = decided(agent, nodes.getLast(), Kind.OPENAI);
    String id = header(decided, "x-redoubt-action").replace("act_", "aud_");
    return await("the record of " + id)
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofSeconds(5))
        .until(
            () ->
                StreamSupport.stream(
                        operator
                            .call("GET", "/api/v1/audit?limit=50&agent_id=" + agent.id(), null)
                            .required("items")
                            .spliterator(),
                        false)
                    .filter(record -> record.required("id").asText().equals(id))
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private static List<String> policies(JsonNode record) {
    var ids = new ArrayList<String>();
    record.required("policy_ids").forEach(id -> ids.add(id.asText()));
    return ids;
  }

  @Test
  void whatIsPublishedDecidesOnEveryNodeFromTheVeryNextCallOn() {
    AgentClient one = agents.getFirst();
    JsonNode permitted = recordOfNextCall(one);
    assertThat(permitted.required("verdict").asText()).isEqualTo("permit");
    assertThat(policies(permitted)).containsExactly("starter");
    assertThat(permitted.required("bundle_version").asText()).isEqualTo("1");

    put("no-model", forbid());
    eachIsPermitted();
    publishEverywhere(Documents.object());
    eachIsDenied("(no-model) [policy_denied]");
    JsonNode denied = recordOfNextCall(one);
    assertThat(denied.required("verdict").asText()).isEqualTo("deny");
    assertThat(policies(denied)).containsExactly("no-model");
    assertThat(denied.required("bundle_version").asText()).isEqualTo("2");
    assertThat(denied.required("resource").asText()).isEqualTo(upstream.model());

    put("broken", "permit (principal,\n  actoin, resource);");
    Reply refused = publish();
    assertThat(refused.status()).as("%s", refused).isEqualTo(422);
    assertThat(refused.json().at("/errors/0/pointer").asText())
        .startsWith("/policies/broken/cedar:2:");
    eachIsDenied("(no-model) [policy_denied]");

    var back = publishEverywhere(Documents.object().put("rollback_to", 1));
    assertThat(back.required("version").asInt()).isEqualTo(3);
    eachIsPermitted();
    assertThat(recordOfNextCall(one).required("bundle_version").asText()).isEqualTo("3");

    for (String name : List.of("broken", "no-model", "starter")) {
      operator.call("DELETE", "/api/v1/policies/" + name, null);
    }
    publishEverywhere(Documents.object());
    eachIsDenied("[policy_denied]");
    assertThat(policies(recordOfNextCall(one))).isEmpty();
    assertThat(history.badAnswers()).as("form of refusals").isEmpty();
    assertThat(upstream.strangeRequests()).isEmpty();
  }

  /** Every agent's next reply, through every node, in both providers' words, streamed and not. */
  private List<Proposal> eachProposal() {
    double missed = leases.lost();
    var proposals = new ConcurrentLinkedQueue<Proposal>();
    AtOnce.each(
        agents,
        agent -> {
          for (Kind kind : Kind.values()) {
            for (boolean streamed : new boolean[] {true, false}) {
              for (Installation.Node node : nodes) {
                var reply = whole(missed, () -> models(node).callWithTool(agent, kind, streamed));
                proposals.add(new Proposal(agent, reply));
              }
            }
          }
        });
    return List.copyOf(proposals);
  }

  /**
   * Comes again where a node has missed its lease since then, and refused or cut the reply for
   * that.
   */
  private Reply whole(double missedBefore, Supplier<Attempt> asking) {
    var attempt =
        await("a whole reply")
            .atMost(Duration.ofSeconds(10))
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(200))
            .until(
                () -> {
                  var asked = asking.get();
                  if (!isWhole(asked)) {
                    assertThat(leases.lost()).as("%s", asked).isGreaterThan(missedBefore);
                  }
                  return asked;
                },
                PoliciesIT::isWhole);
    return ((Attempt.Answered) attempt).reply();
  }

  private static boolean isWhole(Attempt attempt) {
    return attempt instanceof Attempt.Answered(var reply) && reply.status() == 200;
  }

  /** A reply with proposals of tool calls in it. */
  private record Proposal(AgentClient agent, Reply reply) {
    String text() {
      return reply.text();
    }

    /** Whether the record is of a call that this reply proposed. */
    boolean proposed(JsonNode record) {
      return record
          .path("detail")
          .asText()
          .contains("in the reply to " + header(reply, "x-redoubt-action"));
    }
  }

  private List<JsonNode> toolCallsIn(List<Proposal> heard, AgentClient agent, String verdict) {
    var filter = "limit=200&plane=tool&verdict=" + verdict + "&agent_id=" + agent.id();
    var items = operator.call("GET", "/api/v1/audit?" + filter, null).required("items");
    return StreamSupport.stream(items.spliterator(), false)
        .filter(record -> heard.stream().anyMatch(proposal -> proposal.proposed(record)))
        .toList();
  }

  @Test
  void aToolCallInAReplyIsDecidedByWhatIsPublished() {
    var all = eachProposal();
    assertThat(all)
        .extracting(Proposal::text)
        .allMatch(text -> text.contains("_small") && text.contains("_large"));

    put(
        "small-sums",
        """
        forbid (principal, action == Action::"tool:call", resource == Tool::"transfer")
        when { context.args has amount && context.args.amount > 1000 };
        """);
    publishEverywhere(Documents.object());

    var small = eachProposal();
    assertThat(small)
        .extracting(Proposal::text)
        .allSatisfy(text ->
            assertThat(text)
                .contains("_small", "Redoubt denied", "small-sums")
                .doesNotContain("_large", ":7000"));
    // Each agent has one reply through each node, in two styles, streamed and not.
    int each = 4 * nodes.size();
    for (AgentClient agent : agents) {
      var heard =
          Stream.concat(all.stream(), small.stream())
              .filter(proposal -> proposal.agent() == agent)
              .toList();
      await("the records of all of them")
          .atMost(Duration.ofSeconds(10))
          .until(() ->
              toolCallsIn(heard, agent, "deny").size() == each
                  && toolCallsIn(heard, agent, "permit").size() == 3 * each);
      assertThat(toolCallsIn(heard, agent, "deny"))
          .allSatisfy(record -> {
            assertThat(policies(record)).containsExactly("small-sums");
            assertThat(record.required("operation").asText()).isEqualTo("tool:call");
            assertThat(record.required("resource").asText()).isEqualTo("transfer");
            assertThat(record.required("bundle_version").asText()).isEqualTo("2");
            assertThat(record.required("detail").asText()).contains("in the reply to act_");
            assertThat(record.at("/outcome/error").asText()).isEqualTo("policy_denied");
          });
      await("the outcomes of what was permitted")
          .atMost(Duration.ofSeconds(10))
          .until(() ->
              toolCallsIn(heard, agent, "permit").stream()
                  .allMatch(record -> record.at("/outcome/status").asText().equals("succeeded")));
    }
  }

  /** From one publication's answer to the next publication's question. */
  private record Era(long from, long until, int status) {
    boolean holds(ModelCall call) {
      return call.started() >= from && call.ended() <= until;
    }
  }

  @Test
  void policiesChangeUnderLoadAndNoCallIsLostOrDecidedHalfAndHalf() throws Exception {
    put("no-model", forbid());
    var eras = new ArrayList<Era>();
    var over = new AtomicBoolean();
    int before = history.modelCalls().size();
    var threads =
        agents.stream()
            .map(agent -> Thread.ofVirtual().start(() -> callUntil(over, agent)))
            .toList();

    for (int round = 0; round < ROUNDS; round++) {
      int expected = round % 2 == 0 ? 403 : 200;
      publishEverywhere(
          round % 2 == 0 ? Documents.object() : Documents.object().put("rollback_to", 1));
      long from = System.nanoTime();
      await("calls of every agent")
          .atMost(Duration.ofSeconds(10))
          .pollInterval(Duration.ofMillis(20))
          .until(() ->
              history.modelCalls().stream()
                      .filter(call -> call.started() > from)
                      .map(ModelCall::agent)
                      .distinct()
                      .count()
                  == AGENTS);
      eras.add(new Era(from, System.nanoTime(), expected));
    }
    over.set(true);
    for (Thread thread : threads) {
      thread.join();
    }

    System.out.println(history);
    var calls = history.modelCalls().subList(before, history.modelCalls().size());
    assertThat(calls)
        .as("a permit or a denial")
        .allMatch(it -> List.of(200, 403).contains(it.status()));
    for (Era era : eras) {
      assertThat(calls.stream().filter(era::holds))
          .as("%s", era)
          .hasSizeGreaterThanOrEqualTo(AGENTS)
          .allMatch(call -> call.status() == era.status());
    }
    assertThat(history.badAnswers()).as("form of refusals").isEmpty();
  }

  private void callUntil(AtomicBoolean over, AgentClient agent) {
    var models = new ModelClient(product, upstream, history, new Rota(nodes));
    while (!over.get()) {
      models.call(agent, Kind.ANTHROPIC);
      LockSupport.parkNanos(THINK.toNanos());
    }
  }

  /** What an agent was told, and which of two words a content policy had taken out on which way. */
  private record Told(String agent, long started, long ended, int status, String text) {
    boolean redactedOnItsWayOut() {
      return text.startsWith("[REDACTED:bluebird]");
    }

    boolean redactedOnItsWayBack() {
      return text.endsWith("[REDACTED:sandpiper]");
    }
  }

  /** One word on the way out and another on the way back, both with the same consequence. */
  private void putContent(String action) {
    operator.call(
        "PUT",
        "/api/v1/content-policies/organization",
        Documents.parse(
            """
            {"rules": [
               {"subject": "bluebird", "in": ["request"], "action": "ACTION"},
               {"subject": "sandpiper", "in": ["reply"], "action": "ACTION"}],
             "patterns": [
               {"name": "bluebird", "words": ["Bluebird"]},
               {"name": "sandpiper", "words": ["Sandpiper"]}]}
            """
                .replace("ACTION", action)));
  }

  /** As SDKs do, it comes again where a node may not act right now. */
  private Told tell(Parrot parrot, AgentClient agent, Installation.Node node) {
    return await("an answer of " + node.name())
        .atMost(Duration.ofSeconds(10))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> tellOnce(parrot, agent, node), told -> told.status() != 503);
  }

  private Told tellOnce(Parrot parrot, AgentClient agent, Installation.Node node) {
    var body = Documents.object().put("model", parrot.model()).put("max_tokens", 64);
    body.putArray("messages")
        .addObject()
        .put("role", "user")
        .put("content", "Bluebird and Sandpiper");
    long started = System.nanoTime();
    var attempt =
        product
            .http()
            .attempt(
                "POST",
                node.acting().resolve("/v1/messages"),
                Map.of("Authorization", "Bearer " + agent.accessToken()),
                Documents.write(body));
    if (!(attempt instanceof Attempt.Answered(var reply))) {
      throw new AssertionError("not answered by " + node.name());
    }
    String text =
        reply.status() == 200 ? reply.json().at("/content/0/text").asText() : reply.text();
    return new Told(agent.id(), started, System.nanoTime(), reply.status(), text);
  }

  @Test
  void contentPoliciesChangeUnderLoadAndEachCallIsHeldToOneVersionThereAndBack() throws Exception {
    try (var parrot = Parrot.start(product)) {
      parrot.serve(operator);
      putContent("alert");
      publishEverywhere(Documents.object());
      for (Installation.Node node : nodes) {
        await("the parrot is known")
            .atMost(Duration.ofSeconds(10))
            .until(() -> tell(parrot, agents.getFirst(), node).status() == 200);
      }
      var told = new ConcurrentLinkedQueue<Told>();
      var over = new AtomicBoolean();
      var threads =
          agents.stream()
              .map(agent ->
                  Thread.ofVirtual()
                      .start(() -> {
                        var rota = new Rota(nodes);
                        while (!over.get()) {
                          told.add(tell(parrot, agent, rota.get()));
                          LockSupport.parkNanos(THINK.toNanos());
                        }
                      }))
              .toList();

      for (int round = 0; round < ROUNDS; round++) {
        boolean redacts = round % 2 == 0;
        putContent(redacts ? "redact" : "alert");
        publishEverywhere(Documents.object());
        long from = System.nanoTime();
        await("calls of every agent")
            .atMost(Duration.ofSeconds(10))
            .pollInterval(Duration.ofMillis(20))
            .until(() ->
                told.stream()
                        .filter(each -> each.started() > from)
                        .map(Told::agent)
                        .distinct()
                        .count()
                    == AGENTS);
        long until = System.nanoTime();
        assertThat(told)
            .filteredOn(each -> each.started() > from && each.ended() < until)
            .allMatch(each -> each.redactedOnItsWayOut() == redacts);
      }
      over.set(true);
      for (Thread thread : threads) {
        thread.join();
      }

      System.out.printf("%d calls while content policies changed%n", told.size());
      assertThat(told)
          .allMatch(each -> each.status() == 200)
          .allMatch(each -> each.redactedOnItsWayOut() == each.redactedOnItsWayBack());
    }
  }
}
