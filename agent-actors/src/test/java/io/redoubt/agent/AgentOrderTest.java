package io.redoubt.agent;

import static io.redoubt.agent.AgentFixture.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.agent.Agent.BootstrapOffered;
import io.redoubt.agent.Agent.Configure;
import io.redoubt.agent.Agent.Decommission;
import io.redoubt.agent.Agent.Done;
import io.redoubt.agent.Agent.Isolate;
import io.redoubt.agent.Agent.LifecycleChanged;
import io.redoubt.agent.Agent.OfferBootstrap;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.Release;
import io.redoubt.agent.Agent.Revoke;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A link that slept through its replacement sends what it had in hand: the past stays past. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentOrderTest {
  private static final Instant END = NOW.plus(Duration.ofHours(1));
  private static final TokenDigest OLDER = TokenDigest.of("older");
  private static final TokenDigest NEWER = TokenDigest.of("newer");
  private static final Refused SUPERSEDED = new Refused(Refusal.SUPERSEDED);

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
  void anOldOfferDoesNotReplaceANewerOne() {
    it.run(replyTo -> new Configure(it.spec, 1L, replyTo));
    it.run(replyTo -> new OfferBootstrap(NEWER, END, 3L, replyTo));

    var late = it.run(replyTo -> new OfferBootstrap(OLDER, END, 2L, replyTo));

    assertThat(late.reply()).isEqualTo(SUPERSEDED);
    assertThat(late.events()).isEmpty();
    assertThat(it.bootstrap(NEWER).reply()).isInstanceOf(Agent.Bootstrapped.class);
  }

  @Test
  void anOldRevokeDoesNotEndWhatBeganAfterIt() {
    it.activate();
    it.run(replyTo -> new Revoke("leak", "ann", 5L, replyTo));
    it.run(replyTo -> new OfferBootstrap(NEWER, END, 6L, replyTo));
    it.bootstrap(NEWER);

    var late = it.run(replyTo -> new Revoke("leak", "ann", 5L, replyTo));

    assertThat(late.reply()).isEqualTo(SUPERSEDED);
    assertThat(late.events()).isEmpty();
  }

  @Test
  void noOldOrderOfAnyKindIsCarriedOut() {
    it.run(replyTo -> new Configure(it.spec, 9L, replyTo));
    var id = it.isolationId();

    assertThat(it.run(replyTo -> new Configure(it.spec.withVersion(7), 8L, replyTo)).reply())
        .isEqualTo(SUPERSEDED);
    assertThat(it.run(replyTo -> new Isolate(id, "odd", "ann", 8L, replyTo)).reply())
        .isEqualTo(SUPERSEDED);
    assertThat(it.run(replyTo -> new Release(Set.of(id), null, "fine", "ann", 8L, replyTo)).reply())
        .isEqualTo(SUPERSEDED);
    assertThat(it.run(replyTo -> new Decommission("gone", "ann", 8L, replyTo)).reply())
        .isEqualTo(SUPERSEDED);
  }

  @Test
  void theLastOrderAgainIsAnsweredAsBefore() {
    it.run(replyTo -> new Configure(it.spec, 1L, replyTo));
    var offered = it.run(replyTo -> new OfferBootstrap(NEWER, END, 2L, replyTo));

    var again = it.run(replyTo -> new OfferBootstrap(NEWER, END, 2L, replyTo));

    assertThat(offered.event()).isEqualTo(new BootstrapOffered(NEWER, END, NOW, 2L));
    assertThat(again.reply()).isEqualTo(new Done());
    assertThat(again.events()).isEmpty();
  }

  @Test
  void anOperatorAtTheEnclaveIsHeardWhateverTheLogSays() {
    it.run(replyTo -> new Configure(it.spec, 9L, replyTo));

    var isolated = it.run(replyTo -> new Isolate(it.isolationId(), "odd", "ann", null, replyTo));
    var late = it.run(replyTo -> new Revoke("leak", "ann", 8L, replyTo));

    assertThat(isolated.reply()).isInstanceOf(LifecycleChanged.class);
    assertThat(late.reply()).isEqualTo(SUPERSEDED);
  }
}
