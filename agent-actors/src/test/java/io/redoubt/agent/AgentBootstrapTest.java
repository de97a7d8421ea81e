package io.redoubt.agent;

import static io.redoubt.agent.AgentFixture.ACCESS_END;
import static io.redoubt.agent.AgentFixture.COMMITMENT;
import static io.redoubt.agent.AgentFixture.FIRST;
import static io.redoubt.agent.AgentFixture.INSIDE;
import static io.redoubt.agent.AgentFixture.NOW;
import static io.redoubt.agent.AgentFixture.OFFER_END;
import static io.redoubt.agent.AgentFixture.OUTSIDE;
import static io.redoubt.agent.AgentFixture.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.agent.Agent.AdmitRefresh;
import io.redoubt.agent.Agent.BootstrapBurned;
import io.redoubt.agent.Agent.BootstrapOffered;
import io.redoubt.agent.Agent.BootstrapRepeated;
import io.redoubt.agent.Agent.Bootstrapped;
import io.redoubt.agent.Agent.Decommission;
import io.redoubt.agent.Agent.Description;
import io.redoubt.agent.Agent.Done;
import io.redoubt.agent.Agent.RefreshAdmitted;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.agent.Agent.Revoke;
import io.redoubt.family.RepeatRule;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.Passivate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** How an agent gets its first identity, and when it does not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentBootstrapTest {
  private static final TokenDigest LATER_TOKEN = TokenDigest.of("a later bootstrap token");

  private final AgentFixture it = new AgentFixture();

  @BeforeEach
  void forget() {
    it.forget();
  }

  @AfterAll
  void shutDown() {
    it.close();
  }

  @Test
  void anAgentNobodyConfiguredKeepsNothingAndLeavesAtOnce() {
    var unknown = it.bootstrap(TOKEN);

    assertThat(unknown.reply()).isEqualTo(new Refused(Refusal.UNKNOWN_AGENT));
    assertThat(unknown.events()).isEmpty();
    assertThat(it.shard.receiveMessage()).isInstanceOf(Passivate.class);
  }

  @Test
  void anOlderConfigurationChangesNothing() {
    it.configure();
    var newer = it.spec.withVersion(3);

    assertThat(it.run(replyTo -> new Agent.Configure(newer, null, replyTo)).events()).hasSize(1);
    var older = it.run(replyTo -> new Agent.Configure(it.spec.withVersion(2), null, replyTo));

    assertThat(older.reply()).isEqualTo(new Done());
    assertThat(older.events()).isEmpty();
    assertThat(((AgentState.Known) it.agent.getState()).spec()).isEqualTo(newer);
  }

  @Test
  void theTokenOnOfferIsBurnedOnceAndMakesTheAgentActive() {
    it.configure();
    assertThat(it.offer(TOKEN).event())
        .isEqualTo(new BootstrapOffered(TOKEN, OFFER_END, NOW, null));

    var burned = it.bootstrap(TOKEN);

    assertThat(burned.reply())
        .isEqualTo(new Bootstrapped(it.spec, FIRST, "jti-1", ACCESS_END, null, false));
    assertThat(burned.event())
        .isEqualTo(
            new BootstrapBurned(TOKEN, null, FIRST, it.family, "jti-1", ACCESS_END, null, NOW));
    assertThat(describe().status()).isEqualTo(AgentStatus.ACTIVE);
    assertThat(describe().families()).containsExactly(it.family);
    assertThat(describe().lastSeenAt()).isEqualTo(NOW);
  }

  @Test
  void aUsedTokenIsRefusedAlsoAfterARestart() {
    it.activate();

    assertThat(it.bootstrap(TOKEN).reply()).isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_USED));
    it.agent.restart();
    assertThat(it.bootstrap(TOKEN).reply()).isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_USED));
  }

  @Test
  void anUnknownTokenIsInvalidWhateverTheAgentsState() {
    it.configure();
    it.offer(TOKEN);
    it.isolate(it.isolationId());

    assertThat(it.bootstrap(LATER_TOKEN, null, OUTSIDE).reply())
        .isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_INVALID));
  }

  @Test
  void anExpiredTokenIsInvalid() {
    it.configure();
    it.offer(TOKEN);
    it.clock.set(OFFER_END);

    assertThat(it.bootstrap(TOKEN).reply()).isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_INVALID));
  }

  @Test
  void aForeignAddressIsRefusedAndTheTokenIsNotBurned() {
    it.configure();
    it.offer(TOKEN);

    var foreign = it.bootstrap(TOKEN, null, OUTSIDE);

    assertThat(foreign.reply()).isEqualTo(new Refused(Refusal.SOURCE_NOT_ALLOWED));
    assertThat(foreign.events()).isEmpty();
    assertThat(it.bootstrap(TOKEN).reply()).isInstanceOf(Bootstrapped.class);
  }

  @Test
  void anIsolatedAgentIsRefusedAndTheTokenIsNotBurned() {
    it.configure();
    it.offer(TOKEN);
    it.isolate(it.isolationId());

    assertThat(it.bootstrap(TOKEN).reply()).isEqualTo(new Refused(Refusal.NOT_ACTIVE));

    it.run(replyTo -> new Agent.Release(java.util.Set.of(), null, "fine", "ann", null, replyTo));
    assertThat(it.bootstrap(TOKEN).reply()).isInstanceOf(Bootstrapped.class);
  }

  @Test
  void aRevokedOrDecommissionedAgentIsRefused() {
    it.configure();
    it.offer(TOKEN);
    it.run(replyTo -> new Revoke("leak", "ann", null, replyTo));
    assertThat(it.bootstrap(TOKEN).reply()).isEqualTo(new Refused(Refusal.NOT_ACTIVE));

    it.run(replyTo -> new Decommission("gone", "ann", null, replyTo));
    assertThat(it.bootstrap(TOKEN).reply()).isEqualTo(new Refused(Refusal.NOT_ACTIVE));
    assertThat(it.bootstrap(LATER_TOKEN).reply())
        .isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_INVALID));
  }

  @Test
  void aNewOfferKillsTheOneBefore() {
    it.configure();
    it.offer(TOKEN);
    it.offer(LATER_TOKEN);

    assertThat(it.bootstrap(TOKEN).reply()).isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_INVALID));
    assertThat(it.bootstrap(LATER_TOKEN).reply()).isInstanceOf(Bootstrapped.class);
  }

  @Test
  void anOfferThatComesAgainRevivesNothing() {
    it.configure();
    it.offer(TOKEN);
    it.offer(LATER_TOKEN);
    it.bootstrap(LATER_TOKEN);

    assertThat(it.offer(TOKEN).events()).isEmpty();
    assertThat(it.offer(LATER_TOKEN).events()).isEmpty();

    assertThat(it.bootstrap(TOKEN).reply()).isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_INVALID));
    assertThat(it.bootstrap(LATER_TOKEN).reply())
        .isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_USED));
  }

  @Test
  void theCommittedRequestIsRepeatedWithTheSameOutcome() {
    it.configure();
    it.offer(TOKEN);
    it.commit(TOKEN, COMMITMENT);
    it.clock.advance(Duration.ofSeconds(60));

    var repeat = it.commit(TOKEN, COMMITMENT);

    assertThat(repeat.reply())
        .isEqualTo(new Bootstrapped(it.spec, COMMITMENT, "jti-1", ACCESS_END, null, true));
    assertThat(repeat.event()).isEqualTo(new BootstrapRepeated(it.clock.instant()));
  }

  @Test
  void aBootstrapIsRepeatedThreeTimesAndNoMore() {
    it.configure();
    it.offer(TOKEN);
    it.commit(TOKEN, COMMITMENT);
    for (int i = 0; i < RepeatRule.LIMIT; i++) {
      assertThat(it.commit(TOKEN, COMMITMENT).reply()).isInstanceOf(Bootstrapped.class);
      it.agent.restart();
    }

    assertThat(it.commit(TOKEN, COMMITMENT).reply())
        .isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_USED));
  }

  @Test
  void requestsThatNobodyWaitsForAnyMoreDoNotCount() {
    it.configure();
    it.offer(TOKEN);
    it.commit(TOKEN, COMMITMENT);

    for (int i = 0; i < 2 * RepeatRule.LIMIT; i++) {
      var past = it.clock.instant().minusMillis(1);
      TestProbe<Reply> caller =
          it.start(replyTo -> it.asked(TOKEN, COMMITMENT, INSIDE, it.family, past, replyTo));
      caller.expectNoMessage(Duration.ZERO);
    }

    assertThat(it.commit(TOKEN, COMMITMENT).reply()).isInstanceOf(Bootstrapped.class);
  }

  @Test
  void aLateOrDifferentRepeatIsAUsedToken() {
    it.configure();
    it.offer(TOKEN);
    it.commit(TOKEN, COMMITMENT);

    assertThat(it.commit(TOKEN, FIRST).reply())
        .isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_USED));
    assertThat(it.bootstrap(TOKEN).reply()).isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_USED));
    it.clock.advance(Duration.ofMillis(60_001));
    assertThat(it.commit(TOKEN, COMMITMENT).reply())
        .isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_USED));
  }

  @Test
  void aRepeatNeedsAnAllowedAddressAndAnActiveAgent() {
    it.configure();
    it.offer(TOKEN);
    it.commit(TOKEN, COMMITMENT);

    assertThat(it.bootstrap(TOKEN, COMMITMENT, OUTSIDE).reply())
        .isEqualTo(new Refused(Refusal.SOURCE_NOT_ALLOWED));
    it.isolate(it.isolationId());
    assertThat(it.commit(TOKEN, COMMITMENT).reply()).isEqualTo(new Refused(Refusal.NOT_ACTIVE));
  }

  @Test
  void aRevokedAgentsBootstrapIsNotRepeated() {
    it.configure();
    it.offer(TOKEN);
    it.commit(TOKEN, COMMITMENT);
    it.run(replyTo -> new Revoke("leak", "ann", null, replyTo));
    it.offer(LATER_TOKEN);

    assertThat(it.commit(TOKEN, COMMITMENT).reply())
        .isEqualTo(new Refused(Refusal.BOOTSTRAP_TOKEN_USED));
  }

  @Test
  void aRevokedAgentIsPendingWithANewOfferAndActiveWithANewFamily() {
    it.activate();
    it.run(replyTo -> new Revoke("leak", "ann", null, replyTo));
    assertThat(describe().status()).isEqualTo(AgentStatus.REVOKED);
    it.offer(LATER_TOKEN);
    assertThat(describe().status()).isEqualTo(AgentStatus.PENDING);
    var renewed = anotherFamily();

    it.bootstrap(LATER_TOKEN, null, INSIDE, renewed);

    assertThat(describe().status()).isEqualTo(AgentStatus.ACTIVE);
    assertThat(describe().families()).containsExactly(renewed);
    assertThat(admit(it.family)).isEqualTo(new Refused(Refusal.FAMILY_UNKNOWN));
    assertThat(admit(renewed)).isEqualTo(new RefreshAdmitted(it.spec));
  }

  @Test
  void theOldestOfTooManyFamiliesFallsOut() {
    it.activate();
    for (int i = 0; i < AgentState.Known.FAMILIES_LIMIT; i++) {
      var token = TokenDigest.of("token " + i);
      it.offer(token);
      it.bootstrap(token, null, INSIDE, anotherFamily());
    }

    assertThat(describe().families())
        .hasSize(AgentState.Known.FAMILIES_LIMIT)
        .doesNotContain(it.family);
    assertThat(admit(it.family)).isEqualTo(new Refused(Refusal.FAMILY_UNKNOWN));
  }

  @Test
  void refreshIsAdmittedForLivingFamiliesFromAllowedAddresses() {
    it.activate();
    it.clock.advance(Duration.ofMinutes(4));

    assertThat(admit(it.family)).isEqualTo(new RefreshAdmitted(it.spec));
    assertThat(describe().lastSeenAt()).isEqualTo(NOW.plusSeconds(240));
    assertThat(admit(anotherFamily())).isEqualTo(new Refused(Refusal.FAMILY_UNKNOWN));
    assertThat(it.run(replyTo -> new AdmitRefresh(it.family, OUTSIDE, replyTo)).reply())
        .isEqualTo(new Refused(Refusal.SOURCE_NOT_ALLOWED));
    it.isolate(it.isolationId());
    assertThat(admit(it.family)).isEqualTo(new Refused(Refusal.NOT_ACTIVE));
    assertThat(admit(anotherFamily())).isEqualTo(new Refused(Refusal.FAMILY_UNKNOWN));
    assertThat(it.run(replyTo -> new AdmitRefresh(it.family, OUTSIDE, replyTo)).reply())
        .as("what is shown from there is not looked at")
        .isEqualTo(new Refused(Refusal.SOURCE_NOT_ALLOWED));
  }

  private Agent.Reply admit(FamilyId family) {
    return it.run(replyTo -> new AdmitRefresh(family, INSIDE, replyTo)).reply();
  }

  private Description describe() {
    return (Description) it.run(Agent.Describe::new).reply();
  }

  private FamilyId anotherFamily() {
    return FamilyHandle.create(it.key.organization(), it.key.agent()).familyId();
  }
}
