package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.link.ControlPlaneLink.Sighted;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.SecretKeyText;
import java.time.Clock;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** How often the control plane is told of an agent. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SightingsTest {
  private static final Clock CLOCK = Clock.systemUTC();

  private final ActorTestKit kit = ActorTestKit.create();
  private final TestProbe<ControlPlaneLink.Command> link = kit.createTestProbe();

  @AfterAll
  void shutDown() {
    kit.shutdownTestKit();
  }

  private Sightings sightings() {
    var key = SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, EnclaveId.next(CLOCK));
    return new Sightings(
        link.ref(),
        LinkConfig.from(
            ConfigFactory.parseMap(
                    Map.of(
                        "redoubt.enclave.link.url",
                        "http://127.0.0.1:1",
                        "redoubt.enclave.link.api-key",
                        key.reveal(),
                        "redoubt.enclave.link.seen-every",
                        "1 h",
                        "redoubt.enclave.link.spending-every",
                        "1 h"))
                .withFallback(ConfigFactory.load())));
  }

  private static AgentKey agent() {
    return new AgentKey(OrganizationId.next(CLOCK), AgentId.next(CLOCK));
  }

  private Set<AgentKey> told() {
    return link.expectMessageClass(Sighted.class).agents();
  }

  @Test
  void thatAnAgentLivesIsToldNowAndThenAndNewsOfItAtOnce() {
    var sightings = sightings();
    var agent = agent();
    sightings.note(agent);
    sightings.flush();
    assertThat(told()).containsExactly(agent);

    sightings.note(agent);
    sightings.flush();
    link.expectNoMessage();

    sightings.noteNow(agent);
    sightings.flush();
    assertThat(told()).containsExactly(agent);
  }

  @Test
  void whatAgentsSpendIsToldOfAllTogetherAndNotAtEachCall() {
    var sightings = sightings();
    var first = agent();
    var second = agent();
    sightings.noteSpending(first);
    sightings.noteSpending(second);
    sightings.noteSpending(first);
    sightings.flush();
    assertThat(told()).containsExactlyInAnyOrder(first, second);

    sightings.noteSpending(first);
    sightings.flush();
    link.expectNoMessage();
  }

  /** A message between nodes has a limit. */
  @Test
  void manyAreToldInPages() {
    Sightings sightings = sightings();
    var all = new HashSet<AgentKey>();
    for (int i = 0; i < 2_500; i++) {
      var agent = agent();
      all.add(agent);
      sightings.note(agent);
    }

    sightings.flush();

    var told = new HashSet<AgentKey>();
    for (int size : new int[] {1_000, 1_000, 500}) {
      Set<AgentKey> page = told();
      assertThat(page).hasSize(size);
      told.addAll(page);
    }
    assertThat(told).isEqualTo(all);
  }
}
