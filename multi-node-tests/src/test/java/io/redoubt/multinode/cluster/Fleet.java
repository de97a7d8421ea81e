package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.check.NoActWithoutRecord;
import io.redoubt.multinode.check.NothingLost;
import io.redoubt.multinode.check.OneSuccessor;
import io.redoubt.multinode.history.AuditLine;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AgentClient.Successors;
import io.redoubt.multinode.product.AtOnce;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Honest agents of one scenario, some of which call models, and what must hold for them. */
final class Fleet {
  private static final Duration OUTCOMES = Duration.ofSeconds(60);

  private final Operator operator;
  private final Upstream upstream;
  private final History history = new History();
  private final ModelClient models;
  private final List<AgentClient> agents;
  private final List<AgentClient> callers;

  private Fleet(
      Product product,
      Operator operator,
      Upstream upstream,
      Supplier<Installation.Node> nodes,
      int agents,
      int callers) {
    this.operator = operator;
    this.upstream = upstream;
    this.models = new ModelClient(product, upstream, history, nodes);
    this.agents =
        AgentClient.bootAll(
            product,
            new TokenEndpoint(product, history, nodes),
            agents,
            () -> operator.createAgent("member"),
            _ -> Successors.BY_CLIENT);
    this.callers = this.agents.subList(0, callers);
    AtOnce.each(this.callers, models::awaitServed);
  }

  /**
   * So many agents, the first of which also call models; all of them are served when this returns.
   *
   * @param nodes which one the next request goes to
   */
  static Fleet boot(
      Product product,
      Operator operator,
      Upstream upstream,
      Supplier<Installation.Node> nodes,
      int agents,
      int callers) {
    return new Fleet(product, operator, upstream, nodes, agents, callers);
  }

  History history() {
    return history;
  }

  ModelClient models() {
    return models;
  }

  List<AgentClient> agents() {
    return agents;
  }

  List<AgentClient> callers() {
    return callers;
  }

  /** Everybody works until it is closed. */
  Load run() {
    return Load.run(agents, callers, models);
  }

  /** Everybody works, and has for a while when this returns. */
  Load runAWhile(RandomGenerator random) {
    var load = run();
    long wanted = history.grants() + random.nextInt(10, 25) * (long) agents.size();
    await("work under way").atMost(Duration.ofSeconds(30)).until(() -> history.grants() >= wanted);
    return load;
  }

  /**
   * Sentences about what is wrong with the agents' identities; empty: nothing is.
   *
   * @param recovered when all was well again, by the monotonic clock
   */
  List<String> violations(long recovered) {
    var violations = wrong();
    violations.addAll(NothingLost.violations(history, recovered));
    return violations;
  }

  /** The same where agents may be isolated, so that not each can be tried afterwards. */
  List<String> violationsAmongTried(long recovered) {
    var violations = wrong();
    violations.addAll(NothingLost.amongTried(history, recovered));
    return violations;
  }

  private List<String> wrong() {
    var violations = new ArrayList<String>();
    agents.stream()
        .filter(AgentClient::over)
        .forEach(agent -> violations.add("an honest agent died: " + agent.id()));
    violations.addAll(OneSuccessor.violations(history));
    violations.addAll(history.badAnswers());
    return violations;
  }

  /**
   * Sentences about acts without a record (G4), once every intent has had time for its outcome.
   *
   * @param crashes when something broke, which excuses outcomes that nobody knows
   */
  List<String> unrecorded(List<Instant> crashes) {
    var found = new ArrayList<String>();
    try {
      await()
          .pollDelay(Duration.ZERO)
          .atMost(OUTCOMES)
          .pollInterval(Duration.ofSeconds(1))
          .until(() -> {
            found.clear();
            found.addAll(unrecordedNow(crashes));
            return found.isEmpty();
          });
    } catch (org.awaitility.core.ConditionTimeoutException _) {
      // what is still wrong is in the list
    }
    return found;
  }

  private List<String> unrecordedNow(List<Instant> crashes) {
    List<String> ids = callers.stream().map(AgentClient::id).toList();
    List<AuditLine> audit =
        ids.stream()
            .flatMap(id -> operator.audit(id).stream())
            .filter(line -> line.plane().equals("llm"))
            .toList();
    return NoActWithoutRecord.violations(
        upstream.sightings().stream().filter(seen -> ids.contains(seen.agent())).toList(),
        history.modelCalls(),
        audit,
        crashes);
  }

  /** All that must hold whatever happened. */
  void assertUnharmed(long recovered, Instant... crashes) {
    assertThat(violations(recovered)).as("G1, G2, durability, form of refusals").isEmpty();
    assertThat(unrecorded(List.of(crashes))).as("G4").isEmpty();
  }
}
