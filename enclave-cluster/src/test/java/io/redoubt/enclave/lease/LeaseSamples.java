package io.redoubt.enclave.lease;

import io.redoubt.ClusterMessage;
import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.lease.LeaseKeeper.Ask;
import io.redoubt.enclave.lease.LeaseKeeper.Grant;
import io.redoubt.enclave.lease.News.Revoked;
import io.redoubt.enclave.lease.News.Stopped;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.revocation.Revocation;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.apache.pekko.actor.typed.ActorSystem;

/** One of everything that nodes say to each other about their leases. */
public final class LeaseSamples {
  private static final Instant LATER = Instant.parse("2026-11-20T12:05:00Z");
  private static final OrganizationId ORGANIZATION =
      OrganizationId.parse("org_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final AgentId AGENT = AgentId.parse("agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final FamilyId FAMILY = FamilyId.parse("fam_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final UUID STOP = UUID.fromString("0192f5c0-7a3e-7b9c-8d1e-2f3a4b5c6d81");

  private LeaseSamples() {}

  /** All of them, asked by nobody who hears the answer. */
  public static List<ClusterMessage> messages(ActorSystem<?> system) {
    return List.of(
        new Ask(-7_000_000_000L, 123_456_789_012L, 4, system.deadLetters()),
        new Grant(7_000_000_000L, 123_456_789_012L, 4, true, List.of()),
        new Grant(
            7_000_000_000L,
            123_456_789_012L,
            7,
            false,
            List.of(
                new Revoked(new Revocation.OfFamily(ORGANIZATION, FAMILY, LATER)),
                new Revoked(new Revocation.OfToken(ORGANIZATION, "jti", LATER)),
                new Stopped(new AgentKey(ORGANIZATION, AGENT), STOP))));
  }
}
