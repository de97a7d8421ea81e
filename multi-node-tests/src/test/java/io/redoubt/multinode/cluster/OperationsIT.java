package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.check.KillHolds;
import io.redoubt.multinode.check.NoActWithoutRecord;
import io.redoubt.multinode.history.AuditLine;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Sighting;
import io.redoubt.multinode.history.Vote;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AgentClient.Successors;
import io.redoubt.multinode.product.Approver;
import io.redoubt.multinode.product.Approver.Channel;
import io.redoubt.multinode.product.AtOnce;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Trace;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Operations of a connector on three nodes, whatever dies: each is done once at most, under an
 * intent that was recorded before (G4), and none of an agent that is isolated (G3); what people
 * approve is done as they have approved or changed it (G9). In an organization of its own, whose
 * rules permit what reads, and have people asked about the rest.
 */
@ExtendWith(SharedTrio.class)
@Isolated
final class OperationsIT {
  private static final int AGENTS = 6;
  private static final int CALLS = 40;
  private static final Duration PACE = Duration.ofMillis(20);
  private static final Duration ON_RECORD = Duration.ofSeconds(40);

  private final Product product;
  private final Upstream upstream;
  private final Operator operator;
  private final Rota rota;
  private final History history = new History();
  private final ModelClient client;
  private final List<AgentClient> agents;
  private final Map<String, Long> servedAt = new ConcurrentHashMap<>();
  private final Set<Order> over = ConcurrentHashMap.newKeySet();
  private volatile boolean stopped;

  OperationsIT(Trio trio) {
    this.product = trio.product();
    this.rota = new Rota(product.runtime().nodes());
    this.upstream = Upstream.start(product.clock());
    this.operator = trio.operator().foundOrganization("operating").operator();
    this.operator.connectTo(upstream);
    this.client = new ModelClient(product, upstream, history, rota);
    this.agents =
        AgentClient.bootAll(
            product,
            new TokenEndpoint(product, history, rota),
            AGENTS,
            () -> operator.createAgent("operating"),
            _ -> Successors.BY_CLIENT);
    for (Installation.Node node : product.runtime().nodes()) {
      var there = new ModelClient(product, upstream, new History(), () -> node);
      await("the connector is known at " + node.name())
          .atMost(Duration.ofSeconds(20))
          .until(() -> isDone(there.operate(agents.getFirst())));
    }
  }

  @AfterEach
  void stop() {
    upstream.close();
  }

  private static boolean isDone(Attempt attempt) {
    return attempt instanceof Attempt.Answered(var reply) && reply.status() == 200;
  }

  /** Calls without regard to the answers, and never again what was lost. */
  private void keepCalling(AgentClient agent) {
    while (!stopped) {
      long started = System.nanoTime();
      if (isDone(client.operate(agent))) {
        servedAt.put(agent.id(), started);
      }
      LockSupport.parkNanos(PACE.toNanos());
    }
  }

  private boolean allServedSince(long moment) {
    return agents.stream().allMatch(agent -> servedAt.getOrDefault(agent.id(), moment) > moment);
  }

  @Test
  void whatADeadNodeLeavesIsDoneOnceAtMostAndNothingAfterAnIsolate() {
    var random = Seed.random("kill a node that operates");
    int before = upstream.sightings().size();
    var threads = new ArrayList<Thread>();
    agents.forEach(agent -> threads.add(Thread.ofVirtual().start(() -> keepCalling(agent))));
    int some = random.nextInt(CALLS, 2 * CALLS);
    await("operations under way")
        .atMost(Duration.ofSeconds(20))
        .until(() -> upstream.sightings().size() > before + some);

    var orders = agents.stream().flatMap(this::ordered).toList();
    orders.forEach(order -> threads.add(Thread.ofVirtual().start(() -> keepOrdering(order))));

    List<Installation.Node> nodes = product.runtime().nodes();
    Installation.Node victim = nodes.get(random.nextInt(nodes.size()));
    Instant crash = product.clock().instant();
    product.kill(victim);
    rota.without(victim);
    long gone = System.nanoTime();
    AtOnce.each(orders, this::decide);
    await("every agent is served by the others")
        .atMost(Duration.ofSeconds(20))
        .until(() -> allServedSince(gone));
    await("every order is over")
        .atMost(Duration.ofSeconds(20))
        .until(() -> over.containsAll(orders));

    var isolated = agents.get(random.nextInt(agents.size()));
    operator.isolateWhilePartedDuring(
        isolated.id(),
        history,
        () -> {
          long acknowledged = System.nanoTime();
          await("the others go on")
              .atMost(Duration.ofSeconds(10))
              .until(() ->
                  agents.stream()
                      .filter(agent -> agent != isolated)
                      .allMatch(agent -> servedAt.getOrDefault(agent.id(), 0L) > acknowledged));
        });
    long released = System.nanoTime();
    await("it is served again")
        .atMost(Duration.ofSeconds(10))
        .until(() -> servedAt.getOrDefault(isolated.id(), 0L) > released);
    stopped = true;
    join(threads);

    System.out.println(history);
    assertThat(KillHolds.violations(history, upstream.sightings())).as("G3").isEmpty();
    assertThat(seenTwice()).as("done once at most").isEmpty();
    assertThat(upstream.sightings())
        .as("never as it was before it was changed")
        .noneMatch(seen -> orders.stream().anyMatch(it -> it.isChanged() && it.asks(seen.trace())));
    assertThat(upstream.sightings().stream().filter(seen -> isOrdered(orders, seen)))
        .as("orders that were done")
        .isNotEmpty();
    assertThat(history.badAnswers()).as("form of refusals").isEmpty();
    assertThat(upstream.strangeRequests()).isEmpty();
    assertThat(history.modelCalls()).as("permitted and done").anyMatch(call -> call.permitted());
    await("every act has its record, and every intent its outcome (G4)")
        .atMost(ON_RECORD)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(() ->
            assertThat(
                    NoActWithoutRecord.violations(
                        upstream.sightings().stream()
                            .filter(seen -> !isOrdered(orders, seen))
                            .toList(),
                        history.modelCalls(),
                        audit(),
                        List.of(crash)))
                .isEmpty());
  }

  /**
   * What somebody is asked about.
   *
   * @param instead the subject that it is changed to; empty: it is approved as it is
   */
  private record Order(AgentClient agent, String subject, String instead, String approval) {
    boolean isChanged() {
      return !instead.isEmpty();
    }

    boolean asks(String about) {
      return subject.equals(about);
    }
  }

  private static boolean isOrdered(List<Order> orders, Sighting seen) {
    return orders.stream()
        .anyMatch(order -> order.asks(seen.trace()) || order.instead().equals(seen.trace()));
  }

  /** One that will be approved as it is, and one that will be changed. */
  private Stream<Order> ordered(AgentClient agent) {
    return Stream.of("", Trace.next()).map(instead -> ordered(agent, Trace.next(), instead));
  }

  private Order ordered(AgentClient agent, String subject, String instead) {
    var approval =
        await("somebody is asked")
            .pollDelay(Duration.ZERO)
            .atMost(Duration.ofSeconds(20))
            .until(
                () ->
                    client.order(agent, client.order(agent, subject), 0)
                                instanceof Attempt.Answered(var reply)
                            && reply.status() == 202
                        ? reply.json().path("approval_id").asText()
                        : "",
                id -> !id.isEmpty());
    return new Order(agent, subject, instead, approval);
  }

  /** Says it until somebody takes note. */
  private void decide(Order order) {
    var people = new Approver(product, operator, history, rota);
    await("a word about " + order.approval())
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                order.isChanged()
                    ? people.edit(
                        Channel.ENCLAVE,
                        order.approval(),
                        client.order(order.agent(), order.instead()))
                    : people.vote(Channel.ENCLAVE, order.approval(), true),
            vote -> vote.answer() instanceof Vote.Heard || vote.answer() instanceof Vote.Late);
  }

  /** Until it is done, or, since an answer was lost, somebody is asked anew. */
  private void keepOrdering(Order order) {
    JsonNode parameters = client.order(order.agent(), order.subject());
    while (!stopped && !over.contains(order)) {
      if (client.order(order.agent(), parameters, 3) instanceof Attempt.Answered(var reply)) {
        var instead = reply.json().at("/edited/arguments/parameters");
        boolean anew =
            reply.status() == 202
                && !reply.json().path("approval_id").asText().equals(order.approval());
        if (reply.status() == 200 || anew) {
          over.add(order);
        } else if (instead.isObject()) {
          parameters = instead;
        }
      }
      LockSupport.parkNanos(PACE.toNanos());
    }
  }

  private List<AuditLine> audit() {
    return agents.stream()
        .flatMap(agent -> operator.audit(agent.id()).stream())
        .filter(line -> line.plane().equals("connector"))
        .toList();
  }

  private List<String> seenTwice() {
    return upstream.sightings().stream()
        .collect(Collectors.groupingBy(Sighting::trace, Collectors.counting()))
        .entrySet()
        .stream()
        .filter(each -> each.getValue() > 1)
        .map(Map.Entry::getKey)
        .toList();
  }

  private static void join(List<Thread> threads) {
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
    }
  }
}
