package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.testing.FakeControlPlane;
import io.redoubt.link.Contact;
import io.redoubt.link.LinkProgress;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.link.Acknowledgement;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.Heartbeat;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.SealedBoxes;
import io.redoubt.singleton.SupersededException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In which order commands are begun, told and remembered. */
@Timeout(20)
class LinkSessionTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final OrganizationId ORGANIZATION = OrganizationId.next(CLOCK);

  private final FakeControlPlane controlPlane = new FakeControlPlane();
  private final Progress progress = new Progress();

  /** Numbers of commands, as they were begun. */
  private final List<Long> begun = new CopyOnWriteArrayList<>();

  /** What comes of those that take their time, by their numbers. */
  private final Map<Long, CompletableFuture<Void>> held = new ConcurrentHashMap<>();

  private final Listener listener = new Listener();
  private final LinkSession session = session();
  private final Thread thread = Thread.ofVirtual().unstarted(session);

  @BeforeEach
  void hold() {
    for (long number = 1; number <= 3; number++) {
      held.put(number, new CompletableFuture<>());
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    thread.interrupt();
    session.close();
    thread.join();
    controlPlane.close();
  }

  /** In memory, and as lasting as that. */
  private static final class Progress implements LinkProgress {
    private final byte[] enrolmentKey = SealedBoxes.newPrivateKey();
    private final List<Long> applied = new CopyOnWriteArrayList<>();
    private volatile @Nullable Kept kept;
    private volatile boolean replaced;

    private static CompletionStage<Void> done() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Optional<Kept>> load() {
      return replaced
          ? CompletableFuture.failedFuture(new SupersededException("another node"))
          : CompletableFuture.completedFuture(Optional.ofNullable(kept));
    }

    @Override
    public CompletionStage<byte[]> enrolmentKey() {
      return CompletableFuture.completedFuture(enrolmentKey);
    }

    @Override
    public CompletionStage<Void> enrolled(EnclaveId enclave, JwkSet commandKeys) {
      kept = new Kept(enclave, commandKeys, 0, Contact.NONE);
      return done();
    }

    @Override
    public CompletionStage<Void> applied(long number) {
      applied.add(number);
      return done();
    }

    @Override
    public CompletionStage<Void> heard(Contact.Heartbeat heartbeat) {
      return done();
    }

    @Override
    public CompletionStage<Void> clockStandsAt(Instant now) {
      return done();
    }
  }

  private LinkSession session() {
    var config =
        LinkConfig.from(
            ConfigFactory.parseMap(
                    Map.of(
                        "redoubt.enclave.link.url",
                        controlPlane.url().toString(),
                        "redoubt.enclave.link.api-key",
                        controlPlane.apiKey.reveal(),
                        "redoubt.enclave.link.backoff-min",
                        "1 ms",
                        "redoubt.enclave.link.backoff-max",
                        "2 ms"))
                .withFallback(ConfigFactory.load()));
    var client = new LinkClient(config, TrustAnchors.context(Optional.empty()));
    var setAside =
        new SetAsideOrders(
            config,
            new NoneSetAside(),
            progress,
            this::apply,
            client::report,
            new SetAsideOrders.Listener() {
              @Override
              public void stopped(AgentKey agent) {}

              @Override
              public void superseded(String why) {}
            },
            new SimpleMeterRegistry(),
            CLOCK);
    return new LinkSession(
        config,
        client,
        progress,
        this::apply,
        setAside,
        new LinkSession.Identity(controlPlane.enclave, "node-1", "test"),
        listener,
        CLOCK,
        Duration.ofMinutes(1));
  }

  private static final class NoneSetAside implements SetAside {
    @Override
    public CompletionStage<List<Row>> first(int atMost) {
      return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletionStage<Void> add(Order order) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Void> done(OrganizationId organization, long number) {
      return CompletableFuture.completedFuture(null);
    }
  }

  private static final class Listener implements LinkSession.Listener {
    private final AtomicInteger conversations = new AtomicInteger();
    private volatile boolean superseded;

    @Override
    public void connected(long applied) {
      conversations.incrementAndGet();
    }

    @Override
    public void disconnected() {}

    @Override
    public void heard(Heartbeat heartbeat) {}

    @Override
    public void applied(long number, CommandApplier.@Nullable Result result) {}

    @Override
    public void superseded(String why) {
      superseded = true;
    }
  }

  private CompletionStage<CommandApplier.Result> apply(CommandEnvelope envelope) {
    long number = envelope.number();
    begun.add(number);
    var result =
        switch (envelope.command()) {
          case LinkCommand.DecideApproval decision -> voted(number, decision.approvalId());
          case LinkCommand.Isolate isolate -> stopped(number, isolate.agentId());
          default -> new CommandApplier.Applied();
        };
    var held = this.held.remove(number);
    return held == null ? CompletableFuture.completedFuture(result) : held.thenApply(_ -> result);
  }

  private static CommandApplier.Result voted(long number, ApprovalId approval) {
    return new CommandApplier.Voted(
        new LinkReport.ApprovalVoted(
            ORGANIZATION, approval, number, LinkReport.Hearing.HEARD, null, null));
  }

  private static CommandApplier.Result stopped(long number, AgentId agent) {
    return new CommandApplier.Stopped(
        new AgentKey(ORGANIZATION, agent),
        new LinkReport.AgentStopped(
            ORGANIZATION,
            agent,
            number,
            new Acknowledgement(null, CLOCK.instant(), List.of(), "unmanaged")));
  }

  private static LinkCommand decision(ApprovalId approval) {
    return new LinkCommand.DecideApproval(
        approval, ApprovalView.Decision.APPROVE, "fine", "mem_1", null);
  }

  private LinkCommand change(ApprovalId approval) {
    byte[] publicKey = SealedBoxes.publicKey(progress.enrolmentKey);
    var arguments = SealedBoxes.seal(publicKey, new byte[0], new byte[] {'{', '}'});
    return new LinkCommand.DecideApproval(
        approval,
        ApprovalView.Decision.APPROVE,
        "fine",
        "mem_1",
        null,
        null,
        arguments,
        false,
        null);
  }

  private long say(LinkCommand command) {
    return controlPlane.say(ORGANIZATION, command);
  }

  private CompletableFuture<Void> held(long number) {
    return Objects.requireNonNull(held.get(number));
  }

  private List<Long> told() {
    return controlPlane.reports.stream()
        .filter(LinkReport.ApprovalVoted.class::isInstance)
        .map(report -> ((LinkReport.ApprovalVoted) report).commandNumber())
        .toList();
  }

  @Test
  void decisionsAboutDifferentRequestsAreBegunTogetherAndToldInTheirOrder() {
    var first = held(1);
    var second = held(2);
    var third = held(3);
    say(decision(ApprovalId.next(CLOCK)));
    say(decision(ApprovalId.next(CLOCK)));
    say(decision(ApprovalId.next(CLOCK)));
    thread.start();
    await().untilAsserted(() -> assertThat(begun).containsExactly(1L, 2L, 3L));

    second.complete(null);
    third.complete(null);
    assertThat(told()).isEmpty();
    assertThat(progress.applied).isEmpty();
    first.complete(null);

    await().untilAsserted(() -> assertThat(told()).containsExactly(1L, 2L, 3L));
    await().untilAsserted(() -> assertThat(progress.applied).as("at once").containsExactly(3L));
  }

  /** The stop passes whatever waits, which shows that all of it has been heard. */
  private void awaitHeardAll() {
    thread.start();
    await().untilAsserted(() -> assertThat(begun).containsExactly(1L, 4L));
  }

  private void sayAStop() {
    say(new LinkCommand.Isolate(AgentId.next(CLOCK), IsolationId.next(CLOCK), "fire", "mem_1"));
  }

  @Test
  void decisionsAboutOneRequestWaitForEachOther() {
    var approval = ApprovalId.next(CLOCK);
    var first = held(1);
    held.keySet().removeAll(List.of(2L, 3L));
    say(decision(approval));
    say(decision(approval));
    say(decision(ApprovalId.next(CLOCK)));
    sayAStop();
    awaitHeardAll();

    first.complete(null);

    await().untilAsserted(() -> assertThat(progress.applied).endsWith(4L));
    assertThat(begun).containsExactly(1L, 4L, 2L, 3L, 4L);
    assertThat(told()).containsExactly(1L, 2L, 3L);
    assertThat(progress.applied).as("told before the second was begun").startsWith(1L);
  }

  @Test
  void noDecisionIsBegunBeforeWhatMayChangeWhoDecides() {
    var first = held(1);
    held.keySet().removeAll(List.of(2L, 3L));
    say(new LinkCommand.DeleteProvider("anthropic", 1));
    say(decision(ApprovalId.next(CLOCK)));
    say(decision(ApprovalId.next(CLOCK)));
    sayAStop();
    awaitHeardAll();

    first.complete(null);

    await().untilAsserted(() -> assertThat(progress.applied).endsWith(4L));
    assertThat(begun).containsExactly(1L, 4L, 2L, 3L, 4L);
  }

  @Test
  void theChangeOfACallIsBegunInItsTurn() {
    var first = held(1);
    held.keySet().removeAll(List.of(2L, 3L));
    say(decision(ApprovalId.next(CLOCK)));
    say(change(ApprovalId.next(CLOCK)));
    say(decision(ApprovalId.next(CLOCK)));
    sayAStop();
    awaitHeardAll();

    first.complete(null);

    await().untilAsserted(() -> assertThat(progress.applied).endsWith(4L));
    assertThat(begun).containsExactly(1L, 4L, 2L, 3L, 4L);
  }

  @Test
  void whatGoesOnFailingHoldsUpNothingBeforeIt() {
    var first = held(1);
    var second = held(2);
    held.remove(3L);
    say(decision(ApprovalId.next(CLOCK)));
    say(decision(ApprovalId.next(CLOCK)));
    say(decision(ApprovalId.next(CLOCK)));
    thread.start();
    await().untilAsserted(() -> assertThat(begun).containsExactly(1L, 2L, 3L));
    var tried = new CompletableFuture<Void>();
    held.put(2L, tried);

    second.completeExceptionally(new IllegalStateException("it cannot be done"));
    first.complete(null);

    await().untilAsserted(() -> assertThat(begun).containsExactly(1L, 2L, 3L, 2L));
    assertThat(told()).as("while the second is tried in its turn").containsExactly(1L);
    assertThat(progress.applied).containsExactly(1L);
    tried.complete(null);
    await().untilAsserted(() -> assertThat(progress.applied).endsWith(3L));
    assertThat(told()).containsExactly(1L, 2L, 3L);
  }

  @Test
  void whatWasBegunWhenTheLinkBrokeIsBegunOnceMoreAndToldOnce() {
    say(decision(ApprovalId.next(CLOCK)));
    say(decision(ApprovalId.next(CLOCK)));
    say(decision(ApprovalId.next(CLOCK)));
    thread.start();
    await().untilAsserted(() -> assertThat(begun).containsExactly(1L, 2L, 3L));

    controlPlane.stop();
    controlPlane.start();

    await().untilAsserted(() -> assertThat(progress.applied).endsWith(3L));
    assertThat(begun).containsExactly(1L, 2L, 3L, 1L, 2L, 3L);
    assertThat(told()).containsExactly(1L, 2L, 3L);
  }

  @Test
  void behindOneThatIsMissingNothingIsBegun() {
    controlPlane.sayRaw(
        Json.write(
            new CommandEnvelope(
                controlPlane.enclave,
                2,
                ORGANIZATION,
                CLOCK.instant(),
                decision(ApprovalId.next(CLOCK)))));
    thread.start();

    await().until(() -> listener.conversations.get() > 2);
    assertThat(begun).isEmpty();
    assertThat(progress.applied).isEmpty();
  }

  @Test
  void nothingIsBegunInThePlaceOfAnotherNodeThatHasTheLink() {
    thread.start();
    await().until(() -> listener.conversations.get() > 0);
    progress.replaced = true;

    say(decision(ApprovalId.next(CLOCK)));

    await().until(() -> listener.superseded);
    assertThat(begun).isEmpty();
    assertThat(told()).isEmpty();
  }
}
