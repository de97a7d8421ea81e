package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.link.LinkState;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.Acknowledgement;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.token.SecretKeyText;
import io.redoubt.singleton.SupersededException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stop that fails is tried until it is done, and only what is about its agent waits for it. */
@Timeout(20)
class SetAsideOrdersTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final EnclaveId ENCLAVE = EnclaveId.next(CLOCK);
  private static final OrganizationId ORGANIZATION = OrganizationId.next(CLOCK);
  private static final AgentId AGENT = AgentId.next(CLOCK);
  private static final AgentId OTHER = AgentId.next(CLOCK);
  private static final int ATTEMPTS = 3;

  /** Of a release to come. */
  private static final String BANISH =
      "{\"kind\": \"agent.banish\", \"agent_id\": \"" + AGENT + "\"}";

  private final InMemory kept = new InMemory();
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final List<Long> tried = new CopyOnWriteArrayList<>();
  private final List<LinkCommand> carriedOut = new CopyOnWriteArrayList<>();
  private final List<LinkReport> told = new CopyOnWriteArrayList<>();
  private final List<Long> toldInVain = new CopyOnWriteArrayList<>();

  /** Numbers of those of which the control plane will not hear. */
  private final Set<Long> untold = ConcurrentHashMap.newKeySet();

  private final List<AgentKey> stopped = new CopyOnWriteArrayList<>();
  private final List<String> superseded = new CopyOnWriteArrayList<>();

  /** How often a command still fails, by its number. */
  private final Map<Long, Integer> failing = new ConcurrentHashMap<>();

  /** Numbers of those whose agent has heard of a later one. */
  private final Set<Long> late = ConcurrentHashMap.newKeySet();

  private final AtomicBoolean away = new AtomicBoolean();
  private final AtomicBoolean replaced = new AtomicBoolean();
  private final SetAsideOrders orders = orders();
  private final Thread thread = Thread.ofVirtual().unstarted(orders);

  @BeforeEach
  void load() throws Exception {
    orders.load();
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (thread.getState() != Thread.State.NEW) {
      thread.interrupt();
      thread.join();
    }
  }

  /** In memory, and as lasting as that. */
  private static final class InMemory implements SetAside {
    final Map<Long, Row> rows = new ConcurrentSkipListMap<>();

    @Override
    public CompletionStage<List<Row>> first(int atMost) {
      return CompletableFuture.completedFuture(rows.values().stream().limit(atMost).toList());
    }

    @Override
    public CompletionStage<Void> add(Order order) {
      var envelope = order.envelope();
      put(envelope.number(), new String(Json.write(envelope), StandardCharsets.UTF_8));
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> done(OrganizationId organization, long number) {
      assertThat(organization).isEqualTo(ORGANIZATION);
      rows.remove(number);
      return CompletableFuture.completedFuture(null);
    }

    void put(long number, String json) {
      rows.putIfAbsent(number, new Row(json, CLOCK.instant()));
    }

    List<Long> numbers() {
      return List.copyOf(rows.keySet());
    }
  }

  private SetAsideOrders orders() {
    var state =
        new LinkState() {
          @Override
          public CompletionStage<Optional<Kept>> load() {
            return replaced.get()
                ? CompletableFuture.failedFuture(new SupersededException("another node"))
                : CompletableFuture.completedFuture(Optional.empty());
          }

          @Override
          public CompletionStage<byte[]> enrolmentKey() {
            throw new UnsupportedOperationException();
          }
        };
    var listener =
        new SetAsideOrders.Listener() {
          @Override
          public void stopped(AgentKey agent) {
            stopped.add(agent);
          }

          @Override
          public void superseded(String why) {
            superseded.add(why);
          }
        };
    return new SetAsideOrders(
        config(), kept, state, this::apply, this::tell, listener, metrics, CLOCK);
  }

  private static LinkConfig config() {
    return LinkConfig.from(
        ConfigFactory.parseMap(
                Map.of(
                    "redoubt.enclave.link.api-key",
                    SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, ENCLAVE).reveal(),
                    "redoubt.enclave.link.backoff-min",
                    "1 ms",
                    "redoubt.enclave.link.backoff-max",
                    "2 ms",
                    "redoubt.enclave.link.attempts",
                    ATTEMPTS))
            .withFallback(ConfigFactory.load()));
  }

  private CompletionStage<CommandApplier.Result> apply(CommandEnvelope envelope) {
    long number = envelope.number();
    tried.add(number);
    carriedOut.add(envelope.command());
    Integer left = failing.computeIfPresent(number, (_, before) -> before - 1);
    if (left != null && left >= 0) {
      return CompletableFuture.failedFuture(new IllegalStateException("it cannot be done"));
    }
    if (late.contains(number)) {
      return CompletableFuture.failedFuture(new SupersededException("there was a later one"));
    }
    return CompletableFuture.completedFuture(
        switch (envelope.command()) {
          case LinkCommand.Isolate it -> stopped(envelope, it.agentId());
          case LinkCommand.Release it -> stopped(envelope, it.agentId());
          default -> new CommandApplier.Applied();
        });
  }

  private static CommandApplier.Result stopped(CommandEnvelope envelope, AgentId agent) {
    return new CommandApplier.Stopped(
        new AgentKey(ORGANIZATION, agent),
        new LinkReport.AgentStopped(
            ORGANIZATION,
            agent,
            envelope.number(),
            new Acknowledgement(null, CLOCK.instant(), List.of(), "unmanaged")));
  }

  private void tell(List<LinkReport> reports) throws IOException {
    for (LinkReport report : reports) {
      long number =
          switch (report) {
            case LinkReport.AgentStopped it -> it.commandNumber();
            case LinkReport.Rejected it -> it.number();
            default -> 0;
          };
      if (away.get() || untold.contains(number)) {
        toldInVain.add(number);
        throw new IOException("nobody is there");
      }
    }
    told.addAll(reports);
  }

  private static CommandEnvelope said(long number, LinkCommand command) {
    return new CommandEnvelope(ENCLAVE, number, ORGANIZATION, CLOCK.instant(), command);
  }

  private static LinkCommand isolate(AgentId agent) {
    return new LinkCommand.Isolate(agent, IsolationId.next(CLOCK), "fire", "mem_1");
  }

  private static LinkCommand release(AgentId agent) {
    return new LinkCommand.Release(agent, Set.of(IsolationId.next(CLOCK)), "calm", "mem_1");
  }

  private static LinkCommand put(AgentId agent) {
    return new LinkCommand.PutAgent(agent, EnclaveFixture.spec(List.of()));
  }

  private static LinkCommand endToken(AgentId agent) {
    return new LinkCommand.RevokeToken(agent, "jti", "leaked", "mem_1");
  }

  private void awaitTellingInVain(long number) {
    await().until(() -> Collections.frequency(toldInVain, number) > 2);
  }

  private List<Long> proofs() {
    return told.stream()
        .filter(LinkReport.AgentStopped.class::isInstance)
        .map(it -> ((LinkReport.AgentStopped) it).commandNumber())
        .toList();
  }

  private List<Long> rejected() {
    return told.stream()
        .filter(LinkReport.Rejected.class::isInstance)
        .map(it -> ((LinkReport.Rejected) it).number())
        .toList();
  }

  @Test
  void whatIsAboutItsAgentWaitsForAStopAndNothingElseDoes() throws Exception {
    orders.add(said(7, isolate(AGENT)));

    assertThat(orders.holds(said(7, isolate(AGENT)))).as("it itself, said once more").isTrue();
    assertThat(orders.holds(said(8, release(AGENT)))).isTrue();
    assertThat(orders.holds(said(8, put(AGENT)))).isTrue();
    assertThat(orders.holds(said(8, isolate(OTHER)))).isFalse();
    assertThat(orders.holds(said(8, put(OTHER)))).isFalse();
    assertThat(orders.holds(said(8, endToken(AGENT)))).as("the end of a token").isFalse();
    assertThat(orders.holds(said(8, new LinkCommand.DeleteProvider("anthropic", 1)))).isFalse();
    var elsewhere =
        new CommandEnvelope(
            ENCLAVE, 8, OrganizationId.next(CLOCK), CLOCK.instant(), release(AGENT));
    assertThat(orders.holds(elsewhere)).as("of another organization").isFalse();
  }

  @Test
  void theEndOfATokenHoldsUpNothing() throws Exception {
    orders.add(said(7, endToken(AGENT)));

    assertThat(orders.holds(said(8, isolate(AGENT)))).isFalse();
    assertThat(orders.holds(said(8, endToken(AGENT)))).isFalse();
  }

  @Test
  void itIsTriedUntilItIsDoneAndThenWhatWaitedForItInItsOrder() throws Exception {
    failing.put(7L, 2 * ATTEMPTS);
    orders.add(said(7, isolate(AGENT)));
    orders.add(said(8, release(AGENT)));
    orders.add(said(8, release(AGENT)));
    orders.add(said(9, isolate(AGENT)));
    assertThat(orders.size()).isEqualTo(3);

    thread.start();

    await().until(() -> orders.size() == 0);
    var expected = new ArrayList<>(Collections.nCopies(2 * ATTEMPTS + 1, 7L));
    expected.addAll(List.of(8L, 9L));
    assertThat(tried).containsExactlyElementsOf(expected);
    assertThat(proofs()).containsExactly(7L, 8L, 9L);
    assertThat(stopped).containsOnly(new AgentKey(ORGANIZATION, AGENT));
    assertThat(kept.numbers()).isEmpty();
    assertThat(orders.holds(said(10, put(AGENT)))).isFalse();
  }

  @Test
  void oneThatFailsForEverHoldsUpNoOther() throws Exception {
    failing.put(7L, Integer.MAX_VALUE);
    orders.add(said(7, isolate(AGENT)));
    orders.add(said(8, isolate(OTHER)));

    thread.start();

    await().until(() -> proofs().contains(8L));
    await().until(() -> tried.stream().filter(it -> it == 7L).count() > 2 * ATTEMPTS);
    assertThat(kept.numbers()).containsExactly(7L);
  }

  @Test
  void whatWasSetAsideBeforeIsGoneOnWith() throws Exception {
    orders.add(said(7, isolate(AGENT)));

    var successor = orders();
    assertThat(successor.holds(said(8, put(AGENT)))).isFalse();
    successor.load();

    assertThat(successor.size()).isEqualTo(1);
    assertThat(successor.holds(said(8, put(AGENT)))).isTrue();
    successor.add(said(7, isolate(AGENT)));
    assertThat(kept.numbers()).as("said once more").containsExactly(7L);
  }

  @Test
  void withTheControlPlaneAwayItIsCarriedOutOnceAndToldLater() throws Exception {
    away.set(true);
    orders.add(said(7, isolate(AGENT)));
    orders.add(said(8, isolate(OTHER)));
    thread.start();
    awaitTellingInVain(7);
    awaitTellingInVain(8);
    assertThat(kept.numbers()).containsExactly(7L, 8L);
    assertThat(orders.holds(new AgentKey(ORGANIZATION, AGENT))).isTrue();

    away.set(false);

    await().until(() -> orders.size() == 0);
    assertThat(tried).containsExactlyInAnyOrder(7L, 8L);
    assertThat(proofs()).containsExactlyInAnyOrder(7L, 8L);
    assertThat(kept.numbers()).isEmpty();
    assertThat(orders.holds(new AgentKey(ORGANIZATION, AGENT))).isFalse();
  }

  @Test
  void whatLetsAnAgentGoOnWaitsUntilItsStopIsTold() throws Exception {
    untold.add(7L);
    orders.add(said(7, isolate(AGENT)));
    orders.add(said(8, release(AGENT)));
    thread.start();
    awaitTellingInVain(7);
    assertThat(tried).containsExactly(7L);

    untold.clear();

    await().until(() -> orders.size() == 0);
    assertThat(tried).containsExactly(7L, 8L);
    assertThat(proofs()).containsExactly(7L, 8L);
  }

  @Test
  void aStopWaitsForNoTelling() throws Exception {
    untold.add(7L);
    orders.add(said(7, isolate(AGENT)));
    orders.add(said(8, endToken(OTHER)));
    orders.add(said(9, isolate(AGENT)));
    thread.start();

    await().until(() -> orders.size() == 1);

    awaitTellingInVain(7);
    assertThat(proofs()).containsExactly(9L);
    assertThat(tried).as("each of them once").containsExactlyInAnyOrder(7L, 8L, 9L);
    assertThat(kept.numbers()).as("not forgotten").containsExactly(7L);
    assertThat(orders.holds(said(7, isolate(AGENT)))).as("said once more").isTrue();
    assertThat(orders.holds(said(10, release(AGENT)))).as("what is said from now on").isFalse();
    orders.add(said(7, isolate(AGENT)));
    assertThat(orders.size()).isEqualTo(1);
    untold.clear();
    await().until(() -> orders.size() == 0);
    assertThat(tried).containsExactlyInAnyOrder(7L, 8L, 9L);
  }

  @Test
  void aStopWaitsForNoTellingOfWhatLetTheAgentGoOn() throws Exception {
    untold.add(8L);
    orders.add(said(7, isolate(AGENT)));
    orders.add(said(8, release(AGENT)));
    orders.add(said(9, isolate(AGENT)));
    thread.start();

    await().until(() -> orders.size() == 1);

    assertThat(proofs()).containsExactly(7L, 9L);
    assertThat(tried).containsExactly(7L, 8L, 9L);
    assertThat(kept.numbers()).containsExactly(8L);
  }

  private static String json(long number, String command) {
    return """
    {"enclave_id": "%s", "number": %d, "organization_id": "%s",
     "issued_at": "2026-11-20T12:00:00Z", "command": %s}
    """
        .formatted(ENCLAVE, number, ORGANIZATION, command);
  }

  /** Who goes on with what is kept, as after another start. */
  private SetAsideOrders successor() throws Exception {
    var successor = orders();
    successor.load();
    return successor;
  }

  private static void runUntil(SetAsideOrders these, Callable<Boolean> so)
      throws InterruptedException {
    var running = Thread.ofVirtual().start(these);
    try {
      await().until(so);
    } finally {
      running.interrupt();
      running.join();
    }
  }

  private double unreadable() {
    return metrics.counter("redoubt.link.set.aside.unreadable").count();
  }

  @Test
  void whatCannotBeReadIsToldAndItsAgentIsolatedInItsPlaceAndOthersGoOn() throws Exception {
    kept.put(7, json(7, BANISH));
    orders.add(said(8, isolate(OTHER)));

    var successor = successor();
    assertThat(successor.size()).isEqualTo(2);
    assertThat(successor.holds(said(9, release(AGENT)))).as("its place is kept").isTrue();
    assertThat(unreadable()).isEqualTo(1);

    runUntil(successor, () -> successor.size() == 0);

    var isolation =
        carriedOut.stream()
            .filter(LinkCommand.Isolate.class::isInstance)
            .map(LinkCommand.Isolate.class::cast)
            .filter(it -> it.agentId().equals(AGENT))
            .toList();
    assertThat(isolation).hasSize(1);
    assertThat(rejected()).containsExactly(7L);
    assertThat(told.toString())
        .contains("cannot read the command", isolation.getFirst().isolationId().toString());
    assertThat(proofs()).as("it proves nothing of the command itself").containsExactly(8L);
    assertThat(stopped).contains(new AgentKey(ORGANIZATION, AGENT));
    assertThat(kept.numbers()).isEmpty();
  }

  @Test
  void whatStandsInTheirPlaceIsOneIsolationHoweverOftenItIsMade() throws Exception {
    failing.put(7L, Integer.MAX_VALUE);
    kept.put(7, json(7, BANISH));
    for (int start = 0; start < 2; start++) {
      int before = tried.size();
      runUntil(successor(), () -> tried.size() > before + 1);
    }

    assertThat(carriedOut).hasSizeGreaterThan(3);
    assertThat(carriedOut.stream().distinct()).hasSize(1);
  }

  @Test
  void ofWhatDoesNotSayWhomItIsAboutTheControlPlaneHears() throws Exception {
    kept.put(7, json(7, "{\"kind\": \"fleet.halt\"}"));
    orders.add(said(8, isolate(OTHER)));

    var successor = successor();
    runUntil(successor, () -> successor.size() == 0);

    assertThat(rejected()).containsExactly(7L);
    assertThat(proofs()).containsExactly(8L);
    assertThat(unreadable()).isEqualTo(1);
  }

  @Test
  void ofWhichNothingIsToBeReadItStaysAndCounts() throws Exception {
    kept.put(6, "[]");
    kept.put(7, "{\"enclave_id\": \"%s\", \"number\": \"seven\"}".formatted(ENCLAVE));
    kept.put(8, json(8, "{}").replace(ENCLAVE.toString(), EnclaveId.next(CLOCK).toString()));
    orders.add(said(9, isolate(OTHER)));

    var successor = successor();
    runUntil(successor, () -> proofs().contains(9L) && successor.size() == 2);

    assertThat(kept.numbers()).as("another enclave's stays, too").containsExactly(6L, 7L, 8L);
    assertThat(unreadable()).isEqualTo(2);
  }

  @Test
  void whatStopsNobodyIsGivenUpAsInItsTurn() throws Exception {
    failing.put(8L, Integer.MAX_VALUE);
    orders.add(said(7, isolate(AGENT)));
    orders.add(said(8, put(AGENT)));
    orders.add(said(9, isolate(AGENT)));

    thread.start();

    await().until(() -> orders.size() == 0);
    assertThat(tried).containsExactly(7L, 8L, 8L, 8L, 9L);
    assertThat(rejected()).containsExactly(8L);
    assertThat(proofs()).containsExactly(7L, 9L);
  }

  @Test
  void whatComesTooLateForItsAgentIsPassedOver() throws Exception {
    late.add(7L);
    orders.add(said(7, isolate(AGENT)));

    thread.start();

    await().until(() -> orders.size() == 0);
    assertThat(rejected()).containsExactly(7L);
    assertThat(superseded).isEmpty();
  }

  @Test
  void whoIsReplacedTouchesNothingMore() throws Exception {
    late.add(7L);
    replaced.set(true);
    orders.add(said(7, isolate(AGENT)));

    thread.start();

    await().until(() -> !superseded.isEmpty());
    thread.join();
    assertThat(told).isEmpty();
    assertThat(kept.numbers()).containsExactly(7L);
  }

  @Test
  void thereAreOnlySoMany() throws Exception {
    for (int number = 1; number <= 1_000; number++) {
      orders.add(said(number, isolate(AGENT)));
    }

    assertThatThrownBy(() -> orders.add(said(1_001, isolate(AGENT))))
        .isInstanceOf(CommandApplier.LaterException.class);
    assertThat(kept.numbers()).hasSize(1_000);
  }
}
