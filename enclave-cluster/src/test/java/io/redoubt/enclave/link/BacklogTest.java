package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.Heartbeat;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.policy.BundleDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Orders to stop an agent pass bundles and nothing that is about the agent (G3). */
class BacklogTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final EnclaveId ENCLAVE = EnclaveId.next(CLOCK);
  private static final OrganizationId ORGANIZATION = OrganizationId.next(CLOCK);
  private static final AgentId AGENT = AgentId.next(CLOCK);
  private static final AgentId OTHER = AgentId.next(CLOCK);
  private static final LinkCommand BUNDLE =
      new LinkCommand.BundlePublished(2, BundleDigest.of(new byte[0]));
  private static final LinkCommand STOP =
      new LinkCommand.Isolate(AGENT, IsolationId.next(CLOCK), "fire", "mem_1");

  private final Backlog backlog = new Backlog();

  private static CommandEnvelope envelope(LinkCommand command) {
    return new CommandEnvelope(EnclaveId.next(CLOCK), 7, ORGANIZATION, CLOCK.instant(), command);
  }

  private void heard(LinkCommand command) throws InterruptedException {
    assertThat(backlog.add(new Backlog.Order(MissingNode.getInstance(), envelope(command), null)))
        .isTrue();
  }

  private boolean mayPass(LinkCommand command) {
    return backlog.mayPass(envelope(command));
  }

  static List<LinkCommand> stops() {
    return List.of(
        STOP,
        new LinkCommand.Revoke(AGENT, "fire", "mem_1"),
        new LinkCommand.RevokeToken(AGENT, "jti", "leaked", "mem_1"),
        new LinkCommand.Decommission(AGENT, "gone", "mem_1"));
  }

  static List<LinkCommand> aboutTheAgent() {
    return List.of(
        new LinkCommand.PutAgent(AGENT, EnclaveFixture.spec(List.of())),
        new LinkCommand.Release(AGENT, Set.of(IsolationId.next(CLOCK)), "calm", "mem_1"));
  }

  @ParameterizedTest
  @MethodSource("stops")
  void aStopPassesABundleAndWhatIsAboutOthers(LinkCommand stop) throws InterruptedException {
    assertThat(mayPass(stop)).as("nothing is before it").isFalse();

    heard(BUNDLE);
    heard(new LinkCommand.Revoke(OTHER, "fire", "mem_1"));
    heard(new LinkCommand.PutAgent(OTHER, EnclaveFixture.spec(List.of())));

    assertThat(mayPass(stop)).isTrue();
  }

  /** Who hears both once more would find the later one carried out, and the first out of date. */
  @Test
  void ofTwoStopsOfAnAgentOnePasses() throws InterruptedException {
    heard(BUNDLE);
    heard(STOP);

    assertThat(mayPass(new LinkCommand.Revoke(AGENT, "fire", "mem_1"))).isFalse();
  }

  @ParameterizedTest
  @MethodSource("aboutTheAgent")
  void nothingElsePassesNorDoesAStopPassWhatIsAboutItsAgent(LinkCommand about)
      throws InterruptedException {
    heard(BUNDLE);
    assertThat(mayPass(about)).isFalse();
    assertThat(mayPass(BUNDLE)).isFalse();
    assertThat(mayPass(STOP)).isTrue();

    heard(about);

    assertThat(mayPass(STOP)).isFalse();
  }

  /** Or one agent whose actor cannot be recovered would keep all others from being stopped. */
  @Test
  void aStopPassesTheStopOfAnotherWhichMayFailAgainAndAgain() throws InterruptedException {
    heard(new LinkCommand.Isolate(OTHER, IsolationId.next(CLOCK), "fire", "mem_1"));

    assertThat(mayPass(STOP)).isTrue();
  }

  @Test
  void theEndOfATokenKeepsNoStopOfItsAgentWaiting() throws InterruptedException {
    heard(BUNDLE);
    heard(new LinkCommand.RevokeToken(AGENT, "jti", "leaked", "mem_1"));

    assertThat(mayPass(STOP)).isTrue();
  }

  private static Backlog.Beat beat(long last) {
    return new Backlog.Beat(new Heartbeat(ENCLAVE, Instant.EPOCH, last, null));
  }

  private Backlog.Order decided(ApprovalId approval) throws InterruptedException {
    var command =
        new LinkCommand.DecideApproval(
            approval, ApprovalView.Decision.APPROVE, "fine", "mem_1", null);
    var order =
        new Backlog.Order(MissingNode.getInstance(), envelope(command), new CompletableFuture<>());
    assertThat(backlog.add(order)).isTrue();
    return order;
  }

  @Test
  void soManyDecisionsAreBegunAndEachOfThemOnce() throws InterruptedException {
    var decisions = new ArrayList<Backlog.Order>();
    for (int i = 0; i < 20; i++) {
      decisions.add(decided(ApprovalId.next(CLOCK)));
    }

    assertThat(backlog.begin()).containsExactlyElementsOf(decisions.subList(0, 16));
    assertThat(backlog.begin()).isEmpty();

    backlog.done(2);

    assertThat(backlog.begin()).containsExactlyElementsOf(decisions.subList(16, 18));
  }

  @Test
  void aHeartbeatAmongWhatIsBegunKeepsItsPlace() throws InterruptedException {
    decided(ApprovalId.next(CLOCK));
    backlog.add(beat(1));
    assertThat(backlog.begin()).hasSize(1);
    backlog.add(beat(2));
    backlog.add(beat(3));
    var second = decided(ApprovalId.next(CLOCK));

    assertThat(backlog.begin()).containsExactly(second);
    Objects.requireNonNull(second.early()).complete(new CommandApplier.Applied());

    backlog.done(1);
    assertThat(backlog.next()).isEqualTo(beat(1));
    backlog.done(1);
    assertThat(backlog.next()).as("one for all that came since").isEqualTo(beat(3));
    assertThat(backlog.overBehind(1)).isEqualTo(second);
  }

  @Test
  void onlyWhatWasBegunMayBeOverBeforeItsTurn() throws InterruptedException {
    var approval = ApprovalId.next(CLOCK);
    var first = decided(approval);
    backlog.add(beat(1));
    var second = decided(ApprovalId.next(CLOCK));
    var third = decided(approval);
    assertThat(backlog.begin()).containsExactly(first, second);

    for (var order : List.of(first, second, third)) {
      Objects.requireNonNull(order.early()).complete(new CommandApplier.Applied());
    }

    assertThat(backlog.overBehind(0)).isEqualTo(first);
    assertThat(backlog.overBehind(1)).as("a heartbeat").isNull();
    assertThat(backlog.overBehind(2)).isEqualTo(second);
    assertThat(backlog.overBehind(3)).as("about the same request").isNull();
    assertThat(backlog.overBehind(4)).isNull();
  }

  @Test
  void heartbeatsThatWaitAreOne() throws InterruptedException {
    heard(BUNDLE);
    for (long last = 1; last <= 1_000; last++) {
      backlog.add(
          new Backlog.Beat(new Heartbeat(EnclaveId.next(CLOCK), CLOCK.instant(), last, null)));
    }
    backlog.next();
    backlog.done(1);

    assertThat(backlog.next())
        .isInstanceOfSatisfying(
            Backlog.Beat.class,
            beat -> assertThat(beat.heartbeat().lastCommand()).isEqualTo(1_000));
    backlog.done(1);
    backlog.end();
    assertThat(backlog.next()).isNull();
  }

  @Test
  void whatIsAtWorkIsBeforeItUntilItIsDone() throws InterruptedException {
    heard(BUNDLE);
    assertThat(backlog.next()).isInstanceOf(Backlog.Order.class);
    assertThat(mayPass(STOP)).isTrue();

    backlog.done(1);

    assertThat(mayPass(STOP)).as("its turn has come").isFalse();
  }

  @Test
  void afterTheEndWhatWasHeardIsStillCarriedOut() throws InterruptedException {
    heard(BUNDLE);
    backlog.end();

    assertThat(
            backlog.add(
                new Backlog.Beat(new Heartbeat(EnclaveId.next(CLOCK), CLOCK.instant(), 1, null))))
        .isFalse();
    assertThat(backlog.next()).isNotNull();
    backlog.done(1);
    assertThat(backlog.next()).isNull();
  }
}
