package io.redoubt.enclave.kill;

import io.redoubt.ClusterMessage;
import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.lease.Ledger;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.revocation.Revocation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.pekko.actor.typed.ActorSystem;

/** One of everything that nodes say to each other when something is stopped. */
public final class EnforcementSamples {
  private static final Instant AT = Instant.parse("2026-11-20T12:00:00.123456Z");
  private static final OrganizationId ORGANIZATION =
      OrganizationId.parse("org_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final AgentKey AGENT =
      new AgentKey(ORGANIZATION, AgentId.parse("agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e"));
  private static final UUID STOP = UUID.fromString("0192f5c0-7a3e-7b9c-8d1e-2f3a4b5c6d81");

  private EnforcementSamples() {}

  /** All of them, asked by nobody who hears the answer. */
  public static List<ClusterMessage> messages(ActorSystem<?> system) {
    return List.of(
        new EnforcementNode.Cut(AGENT, STOP, system.deadLetters()),
        new EnforcementNode.Withdraw(
            new Revocation.OfToken(ORGANIZATION, "jti", AT), system.deadLetters()),
        new EnforcementNode.Notice(AGENT, system.deadLetters()),
        new EnforcementNode.Enforced(
            "node-1",
            7_000_000_000L,
            2,
            AT,
            new Ledger.Granted(Map.of(-7_000_000_000L, 120L, 8_000_000_000L, 90L), 60_000)));
  }
}
