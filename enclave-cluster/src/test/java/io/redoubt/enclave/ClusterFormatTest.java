package io.redoubt.enclave;

import io.redoubt.ClusterMessage;
import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.kill.EnforcementSamples;
import io.redoubt.enclave.lease.LeaseSamples;
import io.redoubt.enclave.link.ControlPlaneLink;
import io.redoubt.enclave.link.LinkStatus;
import io.redoubt.enclave.policy.PolicyNodeSamples;
import io.redoubt.enclave.readiness.NodeHealth;
import io.redoubt.enclave.registry.RegistryNews;
import io.redoubt.enclave.revocation.RevocationChannel;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.revocation.Revocation;
import io.redoubt.serialization.ClusterFormatSuite;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;

/** What nodes tell each other beside what the actors are asked. */
class ClusterFormatTest extends ClusterFormatSuite {
  private static final Instant AT = Instant.parse("2026-11-20T12:00:00.123456Z");
  private static final OrganizationId ORGANIZATION =
      OrganizationId.parse("org_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final AgentKey AGENT =
      new AgentKey(ORGANIZATION, AgentId.parse("agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e"));
  private static final FamilyId FAMILY = FamilyId.parse("fam_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");

  @Override
  protected List<String> packages() {
    return List.of("io.redoubt.enclave", "io.redoubt.proxy", "io.redoubt.persistence");
  }

  @Override
  protected Stream<ClusterMessage> messages(ActorSystem<?> system) {
    return Stream.of(
            LeaseSamples.messages(system),
            EnforcementSamples.messages(system),
            PolicyNodeSamples.messages(system),
            others(system))
        .flatMap(List::stream);
  }

  private static List<ClusterMessage> others(ActorSystem<?> system) {
    return List.of(
        new RevocationChannel.Announced(new Revocation.OfFamily(ORGANIZATION, FAMILY, AT)),
        new RevocationChannel.Announced(new Revocation.OfToken(ORGANIZATION, "jti", AT)),
        new RegistryNews.Changed("node-1"),
        new LinkStatus(true, AT, 41, 42, 3),
        new LinkStatus(false, null, 0, 0, 0),
        new ControlPlaneLink.CatchUp(null, system.deadLetters()),
        new ControlPlaneLink.CatchUp(AGENT, system.deadLetters()),
        new ControlPlaneLink.CaughtUp(true),
        new ControlPlaneLink.Sighted(Set.of(AGENT)),
        new NodeHealth.Ask(system.deadLetters()),
        new NodeHealth.Health(false, List.of("lease")));
  }
}
