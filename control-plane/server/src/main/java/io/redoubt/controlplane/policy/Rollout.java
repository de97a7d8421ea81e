package io.redoubt.controlplane.policy;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.link.LinkReport.BundleRunning.NodeRun;
import java.time.Instant;
import java.util.List;

/**
 * How far a bundle has come.
 *
 * @param pending whether there may be nodes that do not run it (yet)
 * @param nodes that run it
 * @param missing nodes that live and do not run it, as far as is known
 * @param refused enclaves that will not run it
 * @param unreachable whether waiting longer is of no use: an enclave that is pending is not
 *     connected or has refused
 */
record Rollout(
    boolean pending,
    List<Node> nodes,
    List<Missing> missing,
    List<Refused> refused,
    boolean unreachable) {

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
}
