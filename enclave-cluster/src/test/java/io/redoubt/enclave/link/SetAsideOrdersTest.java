package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.link.LinkState;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Acknowledgement;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.token.SecretKeyText;
import io.redoubt.singleton.SupersededException;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
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

  private final InMemory kept = new InMemory();
  private final List<Long> tried = new CopyOnWriteArrayList<>();
  private final List<LinkReport> told = new CopyOnWriteArrayList<>();
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
    final List<Order> orders = new CopyOnWriteArrayList<>();

    @Override
    public CompletionStage<List<Order>> first(int atMost) {
      return CompletableFuture.completedFuture(orders.stream().limit(atMost).toList());
    }

    @Override
    public CompletionStage<Void> add(Order order) {
      if (orders.stream().noneMatch(it -> it.envelope().number() == order.envelope().number())) {
        orders.add(order);
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> done(CommandEnvelope envelope) {
      orders.removeIf(it -> it.envelope().number() == envelope.number());
      return CompletableFuture.completedFuture(null);
    }

    List<Long> numbers() {
      return orders.stream().map(it -> it.envelope().number()).toList();
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
    return new SetAsideOrders(config(), kept, state, this::apply, this::tell, listener, CLOCK);
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
    Integer left = failing.computeIfPresent(number, (_, before) -> before - 1);
    if (left != null && left >= 0) {
      return CompletableFuture.failedFuture(new IllegalStateException("it cannot be done"));
    }
    if (late.contains(number)) {
      return CompletableFuture.failedFuture(new SupersededException("there was a later one"));
    }
    return CompletableFuture.completedFuture(
        envelope.command() instanceof LinkCommand.Isolate it
            ? stopped(envelope, it.agentId())
            : new CommandApplier.Applied());
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
    if (away.get()) {
      throw new IOException("nobody is there");
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
    assertThat(proofs()).containsExactly(7L, 9L);
    assertThat(stopped).containsOnly(new AgentKey(ORGANIZATION, AGENT));
    assertThat(kept.orders).isEmpty();
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
  void withTheControlPlaneAwayItIsCarriedOutAndToldLater() throws Exception {
    away.set(true);
    orders.add(said(7, isolate(AGENT)));
    thread.start();
    await().until(() -> tried.size() > 2);
    assertThat(kept.numbers()).containsExactly(7L);

    away.set(false);

    await().until(() -> orders.size() == 0);
    assertThat(proofs()).containsExactly(7L);
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
    assertThat(kept.orders).hasSize(1_000);
  }
}
