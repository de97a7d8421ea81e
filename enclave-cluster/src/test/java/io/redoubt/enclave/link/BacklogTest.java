package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.Heartbeat;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.policy.BundleDigest;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Orders to stop an agent pass bundles and nothing that is about the agent (G3). */
class BacklogTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final AgentId AGENT = AgentId.next(CLOCK);
  private static final AgentId OTHER = AgentId.next(CLOCK);
  private static final LinkCommand BUNDLE =
      new LinkCommand.BundlePublished(2, BundleDigest.of(new byte[0]));
  private static final LinkCommand STOP =
      new LinkCommand.Isolate(AGENT, IsolationId.next(CLOCK), "fire", "mem_1");

  private final Backlog backlog = new Backlog();

  private static CommandEnvelope envelope(LinkCommand command) {
    return new CommandEnvelope(
        EnclaveId.next(CLOCK), 7, OrganizationId.next(CLOCK), CLOCK.instant(), command);
  }

  private void heard(LinkCommand command) throws InterruptedException {
    assertThat(backlog.add(new Backlog.Order(MissingNode.getInstance(), envelope(command))))
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

  @Test
  void heartbeatsThatWaitAreOne() throws InterruptedException {
    heard(BUNDLE);
    for (long last = 1; last <= 1_000; last++) {
      backlog.add(
          new Backlog.Beat(new Heartbeat(EnclaveId.next(CLOCK), CLOCK.instant(), last, null)));
    }
    backlog.next();
    backlog.done();

    assertThat(backlog.next())
        .isInstanceOfSatisfying(
            Backlog.Beat.class,
            beat -> assertThat(beat.heartbeat().lastCommand()).isEqualTo(1_000));
    backlog.done();
    backlog.end();
    assertThat(backlog.next()).isNull();
  }

  @Test
  void whatIsAtWorkIsBeforeItUntilItIsDone() throws InterruptedException {
    heard(BUNDLE);
    assertThat(backlog.next()).isInstanceOf(Backlog.Order.class);
    assertThat(mayPass(STOP)).isTrue();

    backlog.done();

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
    backlog.done();
    assertThat(backlog.next()).isNull();
  }
}
