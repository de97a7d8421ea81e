package io.redoubt.enclave.policy;

import io.redoubt.ClusterMessage;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.util.List;
import org.apache.pekko.actor.typed.ActorSystem;

/** One of everything that nodes say to each other about the policies they run. */
public final class PolicyNodeSamples {
  private PolicyNodeSamples() {}

  /** All of them, asked by nobody who hears the answer. */
  public static List<ClusterMessage> messages(ActorSystem<?> system) {
    return List.of(
        new PolicyNode.CatchUp(
            OrganizationId.parse("org_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e"), 12, system.deadLetters()),
        new PolicyNode.Runs(-7_000_000_000L, 12, Instant.parse("2026-11-20T12:00:00.123456Z")));
  }
}
