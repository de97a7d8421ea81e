package io.redoubt.controlplane.policy;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.link.LinkReport.BundleRunning.NodeRun;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a bundle has come.
 *
 * @param pending whether there may be nodes that do not run it (yet)
 * @param nodes that run it
 * @param missing nodes that live and do not run it, as far as is known
 * @param refused enclaves that will not run it
 * @param away enclaves that are not connected and have not said that all of their nodes run it
 * @param awaited whether waiting longer is of use: an enclave that is connected has yet to say that
 *     its nodes run it
 */
record Rollout(
    boolean pending,
    List<Node> nodes,
    List<Missing> missing,
    List<Refused> refused,
    List<Away> away,
    boolean awaited) {

  /** A node that runs it. */
  record Node(EnclaveId enclaveId, String node, Instant acknowledgedAt) {
    static Node of(EnclaveId enclave, NodeRun run) {
      return new Node(enclave, run.node(), run.acknowledgedAt());
    }
  }

  /** A node that does not. */
  record Missing(EnclaveId enclaveId, String node) {}

  /** An enclave that says why it will not. */
  record Refused(EnclaveId enclaveId, String why) {}

  /**
   * An enclave that cannot be told now.
   *
   * @param enrolled whether it ever said hello; while it has not, it has no node that decides
   */
  record Away(
      EnclaveId enclaveId, String name, boolean enrolled, @Nullable Instant lastContactAt) {}
}
