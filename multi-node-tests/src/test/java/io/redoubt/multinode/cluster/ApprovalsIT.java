package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.check.DeadlinesKept;
import io.redoubt.multinode.check.GrantsHold;
import io.redoubt.multinode.check.KillHolds;
import io.redoubt.multinode.check.Standstills;
import io.redoubt.multinode.history.Fate;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Plea;
import io.redoubt.multinode.history.Sighting;
import io.redoubt.multinode.history.Vote;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AgentClient.Successors;
import io.redoubt.multinode.product.Approver;
import io.redoubt.multinode.product.Approver.Channel;
import io.redoubt.multinode.product.AtOnce;
import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * G9 on three nodes, whatever dies or is cut off: each request is decided once, a grant passes no
 * more often than granted, no request is lost, and deadlines pass on time. In an organization of
 * its own.
 */
@ExtendWith(SharedTrio.class)
@Isolated
final class ApprovalsIT {
  private static final int AGENTS = 6;
  private static final int DECISIONS = 12;
  private static final int LANES = 6;
  private static final int ALIKE = 18;

  /** Callers that wait for the same decision. */
  private static final int WAITING = 3;

  private static final int WAIT_SECONDS = 3;

  private static final int GRANTS = 9;
  private static final int USES = 15;

  /** Callers of the same call at once, more than may pass. */
  private static final int CROWD = 5;

  private static final int LADDERS = 6;
  private static final int RUNGS = 10;
  private static final Duration RUNG = Duration.ofSeconds(9);

  private static final Duration PACE = Duration.ofMillis(20);
  private static final Duration ON_RECORD = Duration.ofSeconds(30);

  private final Trio trio;
  private final Product product;
  private final Upstream upstream;
  private final Operator operator;
  private final Rota rota;
  private final History history = new History();
  private final ModelClient models;
  private final Approver approver;
  private final List<AgentClient> agents;

  ApprovalsIT(Trio trio) {
    this.trio = trio;
    this.product = trio.product();
    this.rota = new Rota(product.runtime().nodes());
    this.upstream = Upstream.start(product.clock());
    this.operator = trio.operator().foundOrganization("approving").operator();
    this.operator.useUpstream(upstream);
    this.models = new ModelClient(product, upstream, history, rota);
    this.approver = new Approver(product, operator, history, rota);
    this.agents =
        AgentClient.bootAll(
            product,
            new TokenEndpoint(product, history, rota),
            AGENTS,
            () -> operator.createAgent("approved"),
            _ -> Successors.BY_CLIENT);
    for (Installation.Node node : product.runtime().nodes()) {
      new ModelClient(product, upstream, new History(), () -> node).awaitServed(agents.getFirst());
    }
  }

  @AfterEach
  void stop() {
    upstream.close();
  }

  /** From now on people are asked about every call of a model. */
  private void askPeople(String workflow, int uses, int rungs, Duration rung) {
    var body = Documents.object().put("uses", uses).put("window_seconds", 900);
    var tiers = body.putArray("tiers");
    for (int i = 1; i <= rungs; i++) {
      tiers
          .addObject()
          .put("kind", "human")
          .put("timeout_seconds", rung.toSeconds())
          .put("on_timeout", i == rungs ? "deny" : "next");
    }
    operator.call("PUT", "/api/v1/approval-workflows/" + workflow, body);
  }

  private void publish(Map<AgentClient, String> workflows) {
    var cedar = new StringBuilder();
    workflows.forEach((agent, workflow) ->
        cedar.append(
            """
            @escalate("%s")
            forbid (principal == Agent::"%s", action == Action::"llm:generate", resource)
            unless { context has approval };
            """
                .formatted(workflow, agent.id())));
    operator.call("PUT", "/api/v1/policies/ask", Documents.object().put("cedar", cedar.toString()));
    operator.call("POST", "/api/v1/bundles", Documents.object());
  }

  private void publish(String workflow) {
    var all = new HashMap<AgentClient, String>();
    agents.forEach(agent -> all.put(agent, workflow));
    publish(all);
  }

  /** Of some agents' calls one workflow is asked, of the others' another one. */
  private void publish(
      List<AgentClient> some, String theirs, List<AgentClient> others, String workflow) {
    var all = new HashMap<AgentClient, String>();
    some.forEach(agent -> all.put(agent, theirs));
    others.forEach(agent -> all.put(agent, workflow));
    publish(all);
  }

  /** A call, told apart from the agent's others by its subject. */
  private record Matter(AgentClient agent, String subject) {}

  private List<Matter> matters(String name, List<AgentClient> of, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new Matter(of.get(i % of.size()), name + "-" + i))
        .toList();
  }

  /** Asks for it, again where a node could not answer, and answers its id. */
  private String asked(Matter matter) {
    return await("an answer about " + matter.subject())
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                models.plead(matter.agent(), matter.subject(), 0).answer()
                        instanceof Plea.Pending(var id)
                    ? id
                    : "",
            id -> !id.isEmpty());
  }

  /** Says it until somebody takes note. */
  private Vote decided(Channel channel, String approval, boolean approves) {
    return await("a word about " + approval)
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> approver.vote(channel, approval, approves),
            vote -> vote.answer() instanceof Vote.Heard || vote.answer() instanceof Vote.Late);
  }

  /** The node that its actor lives on. */
  private Installation.Node holder(String approval) {
    var holder =
        await("its actor's node")
            .atMost(Duration.ofSeconds(10))
            .until(() -> approver.holder(approval).orElse(""), name -> !name.isEmpty());
    return product.look().nodes().stream()
        .filter(node -> node.name().equals(holder))
        .findFirst()
        .orElseThrow();
  }

  private void awaitKnown(Map<Matter, String> requests) {
    await("the control plane shows all of them")
        .atMost(Duration.ofSeconds(10))
        .until(() ->
            approver.known().stream()
                .map(it -> it.path("id").asText())
                .toList()
                .containsAll(requests.values()));
  }

  /** What somebody says to a request. */
  private record Voice(Approver by, Channel through, boolean approves) {}

  /** Work in which all of it is said at the same instant. */
  private static List<Callable<Object>> atOnce(String approval, Voice... voices) {
    var line = new CyclicBarrier(voices.length);
    var work = new ArrayList<Callable<Object>>();
    for (var voice : voices) {
      work.add(() -> {
        line.await();
        return voice.by().vote(voice.through(), approval, voice.approves());
      });
    }
    return work;
  }

  private static <K, V> V of(Map<K, V> map, K key) {
    return Objects.requireNonNull(map.get(key), () -> "nothing of " + key);
  }

  private long passes(String subject) {
    return upstream.sightings().stream().filter(seen -> seen.trace().equals(subject)).count();
  }

  /** All that must hold, once the record of everything has come to the control plane. */
  private Map<String, Fate> assertGrantsHold(int uses) {
    var fates = new HashMap<String, Fate>();
    var violations = new ArrayList<String>();
    try {
      await()
          .pollDelay(Duration.ZERO)
          .atMost(ON_RECORD)
          .pollInterval(Duration.ofSeconds(1))
          .until(() -> {
            fates.clear();
            fates.putAll(approver.fates());
            violations.clear();
            violations.addAll(GrantsHold.violations(history, ownSightings(), fates, _ -> uses));
            violations.addAll(differences(fates));
            return violations.isEmpty();
          });
    } catch (ConditionTimeoutException _) {
      // what is still wrong is in the list
    }
    System.out.println(history);
    assertThat(violations).as("G9").isEmpty();
    assertThat(history.badAnswers()).as("form of refusals").isEmpty();
    return fates;
  }

  /** Without those by which the beginning was awaited. */
  private List<Sighting> ownSightings() {
    var subjects = history.pleas().stream().map(Plea::subject).distinct().toList();
    return upstream.sightings().stream().filter(seen -> subjects.contains(seen.trace())).toList();
  }

  /** The control plane shows what the enclave shows. */
  private List<String> differences(Map<String, Fate> fates) {
    var known = new HashMap<String, String>();
    approver.known().forEach(it -> known.put(it.path("id").asText(), it.path("status").asText()));
    return fates.values().stream()
        .filter(fate -> !fate.status().equals(known.get(fate.approval())))
        .map(fate -> "the control plane says %s of %s".formatted(known.get(fate.approval()), fate))
        .toList();
  }

  @Test
  void oppositeVotesAtTheSameInstantAreOneDecision() {
    publish("default");
    var random = Seed.random("votes");
    var matters = matters("double", agents, DECISIONS);
    var ids = new HashMap<Matter, String>();
    matters.forEach(matter -> ids.put(matter, asked(matter)));
    awaitKnown(ids);

    for (int lane = 0; lane < DECISIONS; lane += LANES) {
      var work = new ArrayList<Callable<Object>>();
      for (var matter : matters.subList(lane, lane + LANES)) {
        boolean near = random.nextBoolean();
        for (int i = 0; i < WAITING; i++) {
          work.add(() -> models.plead(matter.agent(), matter.subject(), WAIT_SECONDS));
        }
        work.addAll(
            atOnce(
                of(ids, matter),
                new Voice(approver, Channel.CONTROL_PLANE, !near),
                new Voice(approver, Channel.ENCLAVE, near)));
      }
      AtOnce.all(work);
    }

    var fates = assertGrantsHold(1);
    assertThat(history.votes())
        .as("each request had one vote that counts and one that was too late")
        .hasSize(2 * DECISIONS)
        .allMatch(it -> it.answer() instanceof Vote.Heard || it.answer() instanceof Vote.Late);
    for (var matter : matters) {
      var fate = of(fates, of(ids, matter));
      assertThat(fate.count("granted") + fate.count("denied")).as("%s", fate).isEqualTo(1);
      assertThat(passes(matter.subject())).as("%s", fate).isEqualTo(fate.count("granted"));
    }
    assertThat(history.pleas().stream().filter(it -> it.answer() instanceof Plea.Denied))
        .as("callers who were told that people did not want it")
        .isNotEmpty();
  }

  /** How the node goes that hears the control plane. */
  private enum Going {
    KILLED,
    PAUSED
  }

  /**
   * Each button is pressed twice in two places at once, while the node that hears the control plane
   * goes: what it had begun of them, its successor carries out once more, and a node that was
   * paused wakes up beside it.
   */
  @ParameterizedTest
  @EnumSource
  void theSameVoteInTwoPlacesIsOneWhileTheNodeGoesThatHearsThem(Going going) {
    publish("default");
    var matters = matters("alike", agents, ALIKE);
    var ids = new HashMap<Matter, String>();
    matters.forEach(matter -> ids.put(matter, asked(matter)));
    awaitKnown(ids);
    product.look();
    var hearing = product.singletons(trio.operator());

    var gone = new CompletableFuture<Product.Stopped>();
    for (int lane = 0; lane < ALIKE; lane += LANES) {
      var work = new ArrayList<Callable<Object>>();
      for (var matter : matters.subList(lane, lane + LANES)) {
        var near = new Voice(approver, Channel.ENCLAVE, true);
        var far = new Voice(approver, Channel.CONTROL_PLANE, true);
        work.add(() -> models.plead(matter.agent(), matter.subject(), WAIT_SECONDS));
        work.addAll(atOnce(of(ids, matter), far, near, far, near));
      }
      if (lane == LANES) {
        work.add(() -> {
          boolean paused = going == Going.PAUSED;
          rota.without(hearing);
          return paused ? gone.complete(product.pause(hearing)) : killed(hearing);
        });
      }
      AtOnce.all(work);
    }
    if (going == Going.PAUSED) {
      awaitLeftAlone(hearing);
      gone.join().close();
    }
    await("it has ended")
        .atMost(Duration.ofSeconds(20))
        .until(() -> product.look().pid(hearing.name()) != hearing.pid());
    product.awaitAllReady();
    rota.with(hearing);

    for (var matter : matters) {
      decided(Channel.ENCLAVE, of(ids, matter), true);
      await("it passes, or people are asked anew")
          .atMost(Duration.ofSeconds(20))
          .until(() ->
              switch (models.plead(matter.agent(), matter.subject(), 0).answer()) {
                case Plea.Passed _, Plea.Pending _ -> true;
                case Plea.Denied _, Plea.Refused _, Plea.Maybe _ -> false;
              });
    }
    var fates = assertGrantsHold(1);
    for (var matter : matters) {
      var fate = of(fates, of(ids, matter));
      assertThat(fate.count("granted")).as("%s", fate).isEqualTo(1);
      assertThat(passes(matter.subject())).as("%s", fate).isLessThanOrEqualTo(1);
    }
  }

  private boolean killed(Installation.Node node) {
    product.kill(node);
    return true;
  }

  /**
   * The node that holds requests is cut off while people say opposite things about them: at the
   * control plane, to the majority, and to the minority, which cannot know what becomes of it.
   */
  @Test
  void oppositeVotesOnBothSidesOfAPartitionAreOneDecisionAndDeadlinesAreKept() {
    var climbers = agents.subList(0, 2);
    var callers = agents.subList(2, AGENTS);
    askPeople("ladder", 1, RUNGS, RUNG);
    publish(climbers, "ladder", callers, "default");
    var random = Seed.random("votes while parted");
    var ladders = matters("ladder", climbers, LADDERS).stream().map(this::asked).toList();
    var matters = matters("parted", callers, LANES);
    var ids = new HashMap<Matter, String>();
    matters.forEach(matter -> ids.put(matter, asked(matter)));
    awaitKnown(ids);
    var minority = holder(of(ids, matters.getFirst()));
    var stuck = new Approver(product, operator, history, () -> minority);
    var stuckModels = new ModelClient(product, upstream, history, () -> minority);

    trio.network().partition(minority.name());
    rota.without(minority);
    var work = new ArrayList<Callable<Object>>();
    for (var matter : matters) {
      boolean near = random.nextBoolean();
      work.add(() -> models.plead(matter.agent(), matter.subject(), WAIT_SECONDS));
      work.add(() -> stuckModels.plead(matter.agent(), matter.subject(), WAIT_SECONDS));
      work.addAll(
          atOnce(
              of(ids, matter),
              new Voice(approver, Channel.CONTROL_PLANE, !near),
              new Voice(approver, Channel.ENCLAVE, near),
              new Voice(stuck, Channel.ENCLAVE, !near)));
    }
    AtOnce.all(work);
    // Where nobody was heard, somebody is now.
    matters.forEach(matter -> decided(Channel.ENCLAVE, of(ids, matter), random.nextBoolean()));
    awaitLeftAlone(minority);
    Instant alone = product.clock().instant();
    try (var still = new Standstills(() -> product.clock().instant())) {
      var looks = watch(ladders, alone);
      assertThat(DeadlinesKept.violations(looks, RUNG, RUNGS, alone, still::between))
          .as("the machine stood still: %s", still)
          .isEmpty();
    }
    await("the minority has ended itself")
        .atMost(Duration.ofSeconds(20))
        .until(() -> product.look().pid(minority.name()) != minority.pid());
    trio.network().heal();
    product.awaitAllReady();
    rota.with(minority);

    for (var matter : matters) {
      await("it passes, or people are asked anew")
          .atMost(Duration.ofSeconds(20))
          .until(() ->
              switch (models.plead(matter.agent(), matter.subject(), 0).answer()) {
                case Plea.Passed _, Plea.Pending _ -> true;
                case Plea.Denied _, Plea.Refused _, Plea.Maybe _ -> false;
              });
    }
    var fates = assertGrantsHold(1);
    for (var matter : matters) {
      var fate = of(fates, of(ids, matter));
      assertThat(fate.count("granted") + fate.count("denied")).as("%s", fate).isEqualTo(1);
    }
  }

  /** The others have put it out, and one of them wakes what is due. */
  private void awaitLeftAlone(Installation.Node minority) {
    var platform = trio.operator();
    await("the majority goes on alone")
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          var cluster = product.cluster(rota.get(), platform);
          assertThat(cluster.required("nodes").findValuesAsText("node"))
              .doesNotContain(minority.name());
          assertThat(cluster.at("/singletons/approval_waker").asText())
              .isNotEmpty()
              .isNotEqualTo(minority.name());
        });
  }

  @Test
  void whateverDiesNothingPassesTwiceNothingIsLostAndDeadlinesAreKept() {
    var climbers = agents.subList(0, 2);
    var callers = agents.subList(2, AGENTS);
    askPeople("ladder", 1, RUNGS, RUNG);
    askPeople("often", USES, 1, Duration.ofMinutes(15));
    publish(climbers, "ladder", callers, "often");
    var ladders = matters("ladder", climbers, LADDERS).stream().map(this::asked).toList();
    var matters = matters("often", callers, GRANTS);
    var granted = new HashMap<Matter, String>();
    matters.forEach(matter -> granted.put(matter, asked(matter)));
    matters.forEach(matter -> {
      var vote = decided(Channel.ENCLAVE, of(granted, matter), true);
      assertThat(vote.answer()).isInstanceOf(Vote.Heard.class);
    });
    var victim = holder(of(granted, matters.getFirst()));

    var afterwards = new ConcurrentHashMap<Matter, String>();
    var over = new AtomicBoolean();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        Closing _ = () -> over.set(true)) {
      for (int i = 0; i < CROWD; i++) {
        for (var matter : matters) {
          threads.execute(() -> press(matter, of(granted, matter), afterwards, over));
        }
      }
      await("some have passed")
          .atMost(Duration.ofSeconds(20))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> passed(matters) > GRANTS * USES / 5);
      product.kill(victim);
      rota.without(victim);
      await("every grant is used up")
          .atMost(Duration.ofSeconds(40))
          .until(() -> afterwards.keySet().containsAll(matters));
    }
    System.out.printf("%d of %d passed%n", passed(matters), GRANTS * USES);
    product.look();
    product.kill(
        product.runtime().nodes().stream()
            .filter(node -> !node.name().equals(victim.name()))
            .toList());
    rota.without(victim);
    product.awaitAllReady();
    var restarted = product.clock().instant();
    product
        .runtime()
        .nodes()
        .forEach(node -> {
          rota.without(node);
          rota.with(node);
        });

    try (var still = new Standstills(() -> product.clock().instant())) {
      var looks = watch(ladders, restarted);
      assertThat(DeadlinesKept.violations(looks, RUNG, RUNGS, restarted, still::between))
          .as("the machine stood still: %s", still)
          .isEmpty();
    }
    for (var matter : matters) {
      assertThat(asked(matter)).as("joined as before").isEqualTo(of(afterwards, matter));
      var vote = decided(Channel.CONTROL_PLANE, of(afterwards, matter), true);
      assertThat(vote.answer()).isInstanceOf(Vote.Heard.class);
      await("it passes once more")
          .atMost(Duration.ofSeconds(10))
          .until(() ->
              models.plead(matter.agent(), matter.subject(), 0).answer() instanceof Plea.Passed);
    }
    assertGrantsHold(USES);
  }

  /** Done at the end, however it ends. */
  private interface Closing extends AutoCloseable {
    @Override
    void close();
  }

  private long passed(List<Matter> matters) {
    return matters.stream().mapToLong(matter -> passes(matter.subject())).sum();
  }

  /** Calls until somebody has to be asked anew. */
  private void press(
      Matter matter, String granted, Map<Matter, String> afterwards, AtomicBoolean over) {
    while (!afterwards.containsKey(matter) && !over.get()) {
      var plea = models.plead(matter.agent(), matter.subject(), 0);
      if (plea.answer() instanceof Plea.Pending(var id) && !id.equals(granted)) {
        afterwards.putIfAbsent(matter, id);
      }
      LockSupport.parkNanos(PACE.toNanos());
    }
  }

  /** Looks at what is pending until a rung of each ladder has ended since that moment. */
  private List<DeadlinesKept.Look> watch(List<String> ladders, Instant since) {
    var looks = new ArrayList<DeadlinesKept.Look>();
    await("a rung of each")
        .atMost(RUNG.multipliedBy(2))
        .pollInterval(Duration.ofMillis(60))
        .until(() -> {
          Instant asked = product.clock().instant();
          var shown = approver.shown(null);
          Instant now = product.clock().instant();
          shown.ifPresent(items ->
              items.stream()
                  .filter(it -> ladders.contains(it.path("id").asText()))
                  .forEach(it -> looks.add(look(it, asked, now))));
          return now.isAfter(since.plus(RUNG).plusSeconds(1));
        });
    assertThat(looks.stream().map(DeadlinesKept.Look::approval).distinct())
        .as("none of them is lost")
        .containsExactlyInAnyOrderElementsOf(ladders);
    return looks;
  }

  private static DeadlinesKept.Look look(JsonNode approval, Instant asked, Instant answered) {
    boolean over = !approval.path("status").asText().equals("pending");
    return new DeadlinesKept.Look(
        approval.path("id").asText(),
        Instant.parse(approval.path("asked_at").asText()),
        asked,
        answered,
        over ? RUNGS : approval.path("tier").asInt() - 1);
  }

  @Test
  void anIsolatedAgentsGrantsLetNothingPassEvenWhenItIsReleased() {
    askPeople("often", USES, 1, Duration.ofMinutes(15));
    publish("often");
    var agent = agents.getFirst();
    var granted = new Matter(agent, "granted");
    var undecided = new Matter(agent, "undecided");
    String grant = asked(granted);
    String open = asked(undecided);
    decided(Channel.ENCLAVE, grant, true);
    await("it passes")
        .until(() -> models.plead(agent, "granted", 0).answer() instanceof Plea.Passed);

    operator.isolateDuring(
        agent.id(),
        history,
        () -> {
          var calls = new ArrayList<Callable<Plea>>();
          for (int i = 0; i < CROWD; i++) {
            calls.add(() -> models.plead(agent, "granted", 1));
            calls.add(() -> models.plead(agent, "undecided", 1));
          }
          assertThat(AtOnce.all(calls)).noneMatch(plea -> plea.answer() instanceof Plea.Passed);
          await("both are cancelled")
              .atMost(Duration.ofSeconds(5))
              .until(() -> {
                var fates = approver.fates();
                return fates.keySet().containsAll(List.of(grant, open))
                    && of(fates, grant).status().equals("cancelled")
                    && of(fates, open).status().equals("cancelled");
              });
        });

    assertThat(decided(Channel.ENCLAVE, open, true).answer()).isInstanceOf(Vote.Late.class);
    assertThat(asked(granted)).as("asks anew").isNotEqualTo(grant);
    assertThat(asked(undecided)).as("asks anew").isNotEqualTo(open);
    assertThat(passes("granted")).isEqualTo(1);
    assertThat(KillHolds.violations(history, upstream.sightings())).as("G3").isEmpty();
    assertGrantsHold(USES);
  }
}
