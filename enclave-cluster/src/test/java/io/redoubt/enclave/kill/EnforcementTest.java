package io.redoubt.enclave.kill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.lease.News;
import io.redoubt.enclave.testing.BareCluster;
import io.redoubt.enclave.testing.LeasedNode;
import io.redoubt.enclave.testing.Mute;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Acknowledgement.How;
import io.redoubt.protocol.link.Acknowledgement.NodeProof;
import io.redoubt.revocation.Revocation;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EnforcementTest {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Instant LATER = Instant.parse("2100-01-01T00:00:00Z");
  private static final Enforcement.Limits LIMITS =
      new Enforcement.Limits(Duration.ofSeconds(2), LeasedNode.CONFIG.certain());

  private final List<LeasedNode> nodes =
      IntStream.range(0, 3).mapToObj(_ -> new LeasedNode()).toList();
  private final List<Mute> enforcement = Stream.generate(Mute::new).limit(3).toList();
  private final AtomicReference<ActorRef<Enforcement.Command>> asked = new AtomicReference<>();
  private final BareCluster cluster = new BareCluster(3, this::wire);
  private final AgentKey agent =
      new AgentKey(new OrganizationId(UUID.randomUUID()), new AgentId(UUID.randomUUID()));

  private void wire(ActorContext<Void> context, int number) {
    LeasedNode node = nodes.get(number - 1);
    node.keepLease(context);
    context.spawn(
        enforcement
            .get(number - 1)
            .before(
                EnforcementNode.create(
                    "node-" + number,
                    new Stops(_ -> number, node.ledger),
                    revocation -> {
                      node.ledger.note(new News.Revoked(revocation), Duration.ofMinutes(5));
                      return 10 * number;
                    },
                    node.ledger,
                    Clock.systemUTC())),
        EnforcementNode.NAME);
    if (number == 1) {
      asked.set(
          context.spawn(
              Enforcement.create(LIMITS, Clock.systemUTC(), System::nanoTime), "enforcement"));
    }
  }

  @AfterAll
  void close() {
    cluster.close();
  }

  @BeforeEach
  void allAnswer() {
    enforcement.forEach(Mute::off);
    nodes.forEach(node -> node.grants.off());
    nodes.forEach(node -> node.applied.clear());
    await().atMost(SOON).until(() -> nodes.stream().allMatch(node -> node.lease.held()));
  }

  private List<NodeProof> stop() {
    return AskPattern.<Enforcement.Command, Enforcement.Proofs>ask(
            asked.get(),
            replyTo -> new Enforcement.TellAll(agent, true, replyTo),
            Duration.ofSeconds(5),
            cluster.system(1).scheduler())
        .toCompletableFuture()
        .join()
        .nodes();
  }

  private static How how(List<NodeProof> proofs, int number) {
    return proofs.get(number - 1).how();
  }

  @Test
  void whoAnswersIsNamedWithWhatItCutAndNobodyIsWaitedForLonger() {
    long started = System.nanoTime();

    List<NodeProof> proofs = stop();

    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(LIMITS.lease());
    assertThat(proofs).extracting(NodeProof::node).containsExactly("node-1", "node-2", "node-3");
    assertThat(proofs).extracting(NodeProof::how).containsOnly(How.CUT);
    assertThat(proofs).extracting(NodeProof::streamsCut).containsExactly(1, 2, 3);
  }

  @Test
  void whatIsCutForOneTokenIsToldByEachNode() {
    var token = new Revocation.OfToken(agent.organization(), "jti-1", LATER);

    List<NodeProof> proofs = withdraw(token);

    assertThat(proofs).extracting(NodeProof::how).containsOnly(How.CUT);
    assertThat(proofs).extracting(NodeProof::streamsCut).containsExactly(10, 20, 30);
  }

  /** It cannot be told, but it cannot go on either without hearing of it from the others. */
  @Test
  void aNodeThatDoesNotAnswerHasHeardOfTheTokenWhenItIsSaidToHaveNoLease() {
    enforcement.get(2).on();
    var token = new Revocation.OfToken(agent.organization(), "jti-2", LATER);

    List<NodeProof> proofs = withdraw(token);

    assertThat(how(proofs, 3)).isEqualTo(How.LEASE_EXPIRED);
    assertThat(nodes.get(2).applied).contains(new News.Revoked(token));
  }

  private List<NodeProof> withdraw(Revocation.OfToken token) {
    return AskPattern.<Enforcement.Command, Enforcement.Proofs>ask(
            asked.get(),
            replyTo -> new Enforcement.TellAll(agent, true, token, replyTo),
            Duration.ofSeconds(5),
            cluster.system(1).scheduler())
        .toCompletableFuture()
        .join()
        .nodes();
  }

  /** It cannot be told, but it cannot go on either without hearing of it from the others. */
  @Test
  void aNodeThatLivesAndDoesNotAnswerHasHeardOfTheStopWhenItIsSaidToHaveNoLease() {
    enforcement.get(2).on();

    List<NodeProof> proofs = stop();

    assertThat(how(proofs, 3)).isEqualTo(How.LEASE_EXPIRED);
    assertThat(nodes.get(2).applied)
        .anySatisfy(news ->
            assertThat(news)
                .isInstanceOfSatisfying(
                    News.Stopped.class, it -> assertThat(it.agent()).isEqualTo(agent)));
    assertThat(how(proofs, 1)).isEqualTo(How.CUT);
    assertThat(how(proofs, 2)).isEqualTo(How.CUT);
  }

  @Test
  void aNodeThatCannotGoOnIsSaidToHaveNoLeaseOnlyWhenItHasNone() {
    enforcement.get(2).on();
    nodes.get(0).grants.on();
    nodes.get(1).grants.on();
    int losses = nodes.get(2).losses.get();

    List<NodeProof> proofs = stop();

    assertThat(how(proofs, 3)).isEqualTo(How.LEASE_EXPIRED);
    assertThat(nodes.get(2).lease.held()).isFalse();
    nodes.get(1).grants.off();
    await().atMost(SOON).until(() -> nodes.get(2).lease.held());
    assertThat(nodes.get(2).losses).as("cut before").hasValueGreaterThan(losses);
  }

  @Test
  void whereNoMajorityKnowsOfTheStopNothingCanBeSaidOfTheRest() {
    enforcement.get(1).on();
    enforcement.get(2).on();

    List<NodeProof> proofs = stop();

    assertThat(proofs)
        .extracting(NodeProof::how)
        .containsExactly(How.CUT, How.UNCONFIRMED, How.UNCONFIRMED);
  }

  /** Nothing has to end, so nothing can be said of who does not answer. */
  @Test
  void aReleaseIsNotHeldAgainstWhoDoesNotAnswer() {
    enforcement.get(2).on();

    var proofs =
        AskPattern.<Enforcement.Command, Enforcement.Proofs>ask(
                asked.get(),
                replyTo -> new Enforcement.TellAll(agent, false, replyTo),
                Duration.ofSeconds(5),
                cluster.system(1).scheduler())
            .toCompletableFuture()
            .join()
            .nodes();

    assertThat(how(proofs, 3)).isEqualTo(How.UNCONFIRMED);
  }
}
