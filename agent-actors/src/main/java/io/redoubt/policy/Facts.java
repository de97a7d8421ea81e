package io.redoubt.policy;

import java.net.InetAddress;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an action besides who wants to do what: the context of a policy. What is not
 * known is absent there.
 *
 * @param findings what the inspectors found, by name; null: nobody inspected
 * @param risk the score
 * @param approval that was granted for this very call
 */
public record Facts(
    Arguments args,
    @Nullable Set<String> findings,
    @Nullable Long risk,
    @Nullable Session session,
    Instant time,
    InetAddress source,
    @Nullable Estimate estimate,
    @Nullable Approval approval) {

  public Facts {
    findings = findings == null ? null : Set.copyOf(findings);
  }

  /** Where nothing is known but when and from where. */
  public static Facts of(Instant time, InetAddress source) {
    return new Facts(Arguments.NONE, null, null, null, time, source, null, null);
  }

  public Facts withArgs(Arguments args) {
    return new Facts(args, findings, risk, session, time, source, estimate, approval);
  }

  public Facts withFindings(Set<String> findings) {
    return new Facts(args, findings, risk, session, time, source, estimate, approval);
  }

  public Facts withRisk(long risk) {
    return new Facts(args, findings, risk, session, time, source, estimate, approval);
  }

  public Facts withSession(Session session) {
    return new Facts(args, findings, risk, session, time, source, estimate, approval);
  }

  public Facts withEstimate(Estimate estimate) {
    return new Facts(args, findings, risk, session, time, source, estimate, approval);
  }

  public Facts withApproval(Approval approval) {
    return new Facts(args, findings, risk, session, time, source, estimate, approval);
  }

  /**
   * The agent's last actions, at most 100.
   *
   * @param operations that were among them
   */
  public record Session(long actions, long denials, Set<String> operations) {
    public Session {
      operations = Set.copyOf(operations);
    }
  }

  /** What the action is thought to cost, at most. */
  public record Estimate(long tokens, long cents) {}

  /**
   * A granted approval.
   *
   * @param tier the one that granted it, from 1
   * @param by the members who approved
   */
  public record Approval(long tier, Set<String> by, Instant at) {
    public Approval {
      by = Set.copyOf(by);
    }
  }
}
