package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.ProviderSpec;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LinkTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private final EnclaveFixture fixture = EnclaveFixture.shared();

  @Test
  void aCommandThatCanNeverBeAppliedIsReportedAndPassedOver() {
    var nobody = AgentId.next(CLOCK);
    long isolate =
        fixture.controlPlane.say(
            fixture.organization,
            new LinkCommand.Isolate(nobody, IsolationId.next(CLOCK), "fire", "mem_1"));
    long release =
        fixture.controlPlane.say(
            fixture.organization, new LinkCommand.Release(nobody, Set.of(), "all", "mem_1"));
    long provider =
        fixture.controlPlane.say(
            fixture.organization,
            new LinkCommand.PutProvider(
                new ProviderSpec(
                    "other",
                    ProviderSpec.Kind.OPENAI,
                    URI.create("http://127.0.0.1:1"),
                    List.of(),
                    30,
                    false,
                    1),
                // Sealed for another provider: it must not open here.
                fixture.controlPlane.seal(fixture.organization, "anthropic", "key")));
    long unknown = fixture.controlPlane.lastNumber() + 1;
    fixture.controlPlane.sayRaw(
        Json.write(
            Map.of(
                "enclave_id",
                fixture.controlPlane.enclave.toString(),
                "number",
                unknown,
                "organization_id",
                fixture.organization.toString(),
                "issued_at",
                CLOCK.instant().toString(),
                "command",
                Map.of("kind", "from-the-future"))));

    fixture.controlPlane.awaitApplied(unknown);

    assertThat(fixture.controlPlane.rejection(isolate)).isEqualTo("unknown-agent");
    assertThat(fixture.controlPlane.rejection(release)).isEqualTo("names no isolation");
    assertThat(fixture.controlPlane.rejection(provider)).contains("does not open");
    assertThat(fixture.controlPlane.rejection(unknown)).contains("does not know");
    // And the link goes on.
    fixture.agent().bootstrap();
  }

  @Test
  void aCommandSaidTwiceIsTheSameAsSaidOnce() {
    TestAgent agent = fixture.agent();
    var isolation = IsolationId.next(CLOCK);
    for (int i = 0; i < 2; i++) {
      fixture.controlPlane.say(
          agent.organization, new LinkCommand.Isolate(agent.id, isolation, "fire", "mem_1"));
      fixture.controlPlane.say(
          agent.organization, new LinkCommand.PutAgent(agent.id, EnclaveFixture.spec(List.of())));
    }
    fixture.controlPlane.awaitApplied(fixture.controlPlane.lastNumber());

    assertThat(agent.bootstrap().problem()).isEqualTo("agent-not-active");
  }

  @Test
  void aTokenOfferedWhileTheLinkIsDownWorksOnceItIsUp() {
    TestAgent agent = fixture.agent();
    fixture.controlPlane.stop();
    var token = fixture.offer(agent.organization, agent.id, Duration.ofHours(1));
    fixture.controlPlane.start();

    await()
        .atMost(Duration.ofSeconds(10))
        .until(() ->
            Http.post(agent.at("bootstrap"), Map.of("bootstrap_token", token.reveal())).status()
                == 200);
  }

  private Optional<Long> proofOf(long number) {
    return fixture.controlPlane.reports.stream()
        .filter(LinkReport.AgentStopped.class::isInstance)
        .map(it -> ((LinkReport.AgentStopped) it).commandNumber())
        .filter(it -> it == number)
        .findFirst();
  }

  private boolean isApplied(long number) {
    return fixture.controlPlane.reports.stream()
        .anyMatch(it -> it instanceof LinkReport.Applied applied && applied.upTo() >= number);
  }

  private LinkCommand.Isolate isolate(TestAgent agent) {
    return new LinkCommand.Isolate(agent.id, IsolationId.next(CLOCK), "fire", "mem_1");
  }

  /** An organization of its own, so that the others' policies stay what they are. */
  private OrganizationId organization() {
    var organization = OrganizationId.next(CLOCK);
    fixture.introduce(organization);
    return organization;
  }

  @Test
  void anOrderToStopAnAgentDoesNotWaitForABundle() {
    var organization = organization();
    TestAgent agent = fixture.agent(organization, List.of());
    TestAgent other = fixture.agent(organization, List.of());
    fixture.controlPlane.awaitApplied(fixture.controlPlane.lastNumber());
    var held = fixture.controlPlane.holdBundles();
    try {
      long bundle = fixture.controlPlane.publish(organization, 2, Starter.DOCUMENT);
      fixture.controlPlane.say(
          organization, new LinkCommand.PutAgent(other.id, EnclaveFixture.spec(List.of())));

      fixture.controlPlane.proof(organization, isolate(agent));
      fixture.controlPlane.say(organization, new LinkCommand.Revoke(agent.id, "fire", "mem_1"));

      assertThat(isApplied(bundle)).isFalse();
      assertThat(agent.bootstrap().problem()).isEqualTo("agent-not-active");
    } finally {
      held.complete(null);
    }
    fixture.controlPlane.awaitApplied(fixture.controlPlane.lastNumber());
    assertThat(other.bootstrap().status()).as("and the link goes on").isEqualTo(200);
  }

  @Test
  void anOrderToStopAnAgentWaitsForWhatWasSaidOfTheAgentBefore() {
    var organization = organization();
    TestAgent agent = fixture.agent(organization, List.of());
    TestAgent other = fixture.agent(organization, List.of());
    fixture.controlPlane.awaitApplied(fixture.controlPlane.lastNumber());
    var held = fixture.controlPlane.holdBundles();
    long stop;
    try {
      fixture.controlPlane.publish(organization, 2, Starter.DOCUMENT);
      fixture.controlPlane.say(
          organization, new LinkCommand.PutAgent(agent.id, EnclaveFixture.spec(List.of())));
      stop = fixture.controlPlane.say(organization, isolate(agent));

      fixture.controlPlane.proof(organization, isolate(other));

      assertThat(proofOf(stop)).as("though the later one is proved").isEmpty();
    } finally {
      held.complete(null);
    }
    fixture.controlPlane.awaitApplied(fixture.controlPlane.lastNumber());
    assertThat(proofOf(stop)).isPresent();
    assertThat(fixture.controlPlane.rejection(stop)).isEmpty();
    assertThat(agent.bootstrap().problem()).isEqualTo("agent-not-active");
  }

  @Test
  void theControlPlaneHearsWhichNodesLive() {
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() ->
            fixture.controlPlane.reports.stream()
                .anyMatch(it ->
                    it instanceof LinkReport.NodesSeen seen
                        && seen.nodes().size() == 1
                        && seen.nodes().getFirst().node().equals("node-1")));
  }

  @Test
  void readySaysHowTheLinkStands() {
    var link =
        Http.get(fixture.enclave().managementUrl().resolve("/ready")).json().at("/detail/link");

    assertThat(link.path("connected").asBoolean()).isTrue();
    assertThat(link.path("age_seconds").asLong()).isLessThan(10);
    String metrics = Http.get(fixture.enclave().managementUrl().resolve("/metrics")).body();
    assertThat(metrics).contains("redoubt_link_connected", "redoubt_identity_total");
  }
}
