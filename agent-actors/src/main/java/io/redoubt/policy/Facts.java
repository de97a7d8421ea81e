package io.redoubt.policy;

import io.redoubt.action.Act;
import io.redoubt.action.Arguments;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Verdict;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an action besides who wants to do what: the context of a policy. What is not
 * known is absent there.
 *
 * @param findings what the inspectors found, by name; null: nobody inspected
 * @param risk the score
 * @param tools what a request to a model declares; null: it is none, or nobody looked
 * @param approval that was granted for this very call
 */
public record Facts(
    Arguments args,
    @Nullable Set<String> findings,
    @Nullable Long risk,
    @Nullable Session session,
    Instant time,
    InetAddress source,
    @Nullable DeclaredTools tools,
    @Nullable Estimate estimate,
    @Nullable Approval approval) {

  public Facts {
    findings = findings == null ? null : Set.copyOf(findings);
  }

  /** Where nothing is known but when and from where. */
  public static Facts of(Instant time, InetAddress source) {
    return new Facts(Arguments.NONE, null, null, null, time, source, null, null, null);
  }

  public Facts withArgs(Arguments args) {
    return new Facts(args, findings, risk, session, time, source, tools, estimate, approval);
  }

  public Facts withFindings(Set<String> findings) {
    return new Facts(args, findings, risk, session, time, source, tools, estimate, approval);
  }

  public Facts withRisk(long risk) {
    return new Facts(args, findings, risk, session, time, source, tools, estimate, approval);
  }

  public Facts withSession(Session session) {
    return new Facts(args, findings, risk, session, time, source, tools, estimate, approval);
  }

  public Facts withTools(DeclaredTools tools) {
    return new Facts(args, findings, risk, session, time, source, tools, estimate, approval);
  }

  public Facts withEstimate(Estimate estimate) {
    return new Facts(args, findings, risk, session, time, source, tools, estimate, approval);
  }

  public Facts withApproval(Approval approval) {
    return new Facts(args, findings, risk, session, time, source, tools, estimate, approval);
  }

  /**
   * What the agent did lately.
   *
   * @param acts its last 100 actions at most, refused ones too, oldest first
   * @param done the last 100 at most that it was not kept from, oldest first: what was refused
   *     since makes none of them forgotten
   */
  public record Session(List<Act> acts, List<Act> done) {
    /** Of either. */
    public static final int MOST = 100;

    public Session {
      acts = List.copyOf(acts);
      done = List.copyOf(done);
    }

    /** Of an agent that did nothing before these. */
    public Session(List<Act> acts) {
      this(acts, acts.stream().filter(Session::isDone).toList());
    }

    /** Whether it was not kept from it. */
    public static boolean isDone(Act act) {
      return act.verdict() == Verdict.PERMIT;
    }

    long denials() {
      return acts.stream().filter(act -> act.verdict() == Verdict.DENY).count();
    }

    /** What was done: operations, and operations with what they were done to. */
    Set<String> operations() {
      return done.stream()
          .flatMap(act -> Stream.of(act.operation(), act.name()))
          .collect(Collectors.toSet());
    }

    /** How often it was done in the time before {@code now}. */
    long count(Tally tally, Instant now) {
      Instant since = now.minus(tally.within());
      return done.stream()
          .filter(act -> act.at().isAfter(since))
          .filter(act -> act.operation().equals(tally.name()) || act.name().equals(tally.name()))
          .count();
    }
  }

  /**
   * What the action is thought to take, at most.
   *
   * @param cents null: nobody knows the price
   */
  public record Estimate(long tokens, @Nullable Long cents) {}

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
