package io.redoubt.proxy.decide;

import io.redoubt.agent.Judgement;
import io.redoubt.http.HttpServer;
import io.redoubt.http.RequestTrace;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.proxy.stream.LiveStream;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * One request for an action, and what has come to be known of it: enough, at any moment, to record
 * how it ended. Its steps follow one another, so nothing here is guarded.
 */
public abstract class GovernedCall {
  private final HttpRequest request;
  private final RequestBodies.Body body;
  private final InetAddress source;
  private final RequestTrace trace;
  private ActionId action;
  private Instant at;
  private final long started = System.nanoTime();
  private long since = started;
  private @Nullable AccessClaims claims;
  private @Nullable ByteString refusable;
  private @Nullable Inspected content;
  private @Nullable AgentSpec spec;
  private @Nullable Judgement judgement;
  private @Nullable Reserved reserved;
  private @Nullable ApprovalId approval;
  private ApprovalView.@Nullable Edit edit;
  private ApprovalGate.@Nullable Replacement replacement;
  private @Nullable LiveStream stream;
  private boolean permitted;
  private boolean inDoubt;

  protected GovernedCall(
      HttpRequest request,
      RequestBodies.Body body,
      InetAddress source,
      RequestTrace trace,
      ActionId action,
      Instant at) {
    this.request = request;
    this.body = body;
    this.source = source;
    this.trace = trace;
    this.action = action;
    this.at = at;
  }

  public final HttpRequest request() {
    return request;
  }

  public final RequestBodies.Body body() {
    return body;
  }

  public final InetAddress source() {
    return source;
  }

  public final RequestTrace trace() {
    return trace;
  }

  public final ActionId action() {
    return action;
  }

  /** Since the request's head was here, in nanoseconds. */
  public final long elapsed() {
    return System.nanoTime() - started;
  }

  /** Since the action began: a request's head was here, or it took the place of another. */
  public final long elapsedMillis() {
    return (System.nanoTime() - since) / 1_000_000;
  }

  public final void isBy(AccessClaims who) {
    claims = who;
  }

  public final @Nullable AccessClaims claims() {
    return claims;
  }

  /** What it says, by an agent that is believed. */
  public final void carries(ByteString what) {
    refusable = what;
  }

  /** What it says, as long as it may be refused; null: it was permitted, or never read. */
  public final @Nullable ByteString refusable() {
    return refusable;
  }

  /** What was found in its texts. */
  public final void holds(Inspected what) {
    content = what;
  }

  public final void isOf(@Nullable AgentSpec agent) {
    spec = agent;
  }

  public final void isJudged(@Nullable Judgement byPolicies) {
    judgement = byPolicies;
  }

  public final @Nullable Judgement judgement() {
    return judgement;
  }

  /** The policies that decided about it. */
  public final List<String> policies() {
    return judgement == null ? List.of() : judgement.decision().policyIds();
  }

  /** What the agent's budget keeps for it. */
  public final void keeps(@Nullable Reserved what) {
    reserved = what;
  }

  public final @Nullable Reserved reserved() {
    return reserved;
  }

  /** The approval that it waits for, was refused, or passes by. */
  public final void isUpTo(@Nullable ApprovalId which) {
    approval = which;
  }

  public final @Nullable ApprovalId approval() {
    return approval;
  }

  /**
   * Whoever was to approve it has changed it: what goes on is another action, in its place. How the
   * one that ends here has ended is on record by now.
   */
  protected final void goesOnAs(ActionId another, Instant now, ApprovalView.Edit changed) {
    action = another;
    at = now;
    since = System.nanoTime();
    edit = changed;
    judgement = null; // that was said of the other
  }

  /** The call that it stands in the place of; null: it is as the agent asked for it. */
  public final ApprovalView.@Nullable Edit edit() {
    return edit;
  }

  /** What stands in its place, since whoever was to approve it has changed it; null: nothing. */
  public final void isReplacedBy(ApprovalGate.@Nullable Replacement other) {
    replacement = other;
  }

  public final ApprovalGate.@Nullable Replacement replacement() {
    return replacement;
  }

  public final void runsAs(LiveStream registered) {
    stream = registered;
  }

  public final @Nullable LiveStream stream() {
    return stream;
  }

  /** Its intent is in the log, so that an outcome must follow. */
  public final void isPermitted() {
    permitted = true;
    refusable = null; // what goes out is held elsewhere, for as long as the reply takes
  }

  public final boolean hasIntent() {
    return permitted;
  }

  /** Nobody knows whether its intent is in the log. */
  public final void isInDoubt() {
    inDoubt = true;
  }

  /** Whether something is kept for it that no outcome will ever settle. */
  public final boolean keepsInVain() {
    return reserved != null && !permitted && !inDoubt;
  }

  /** Nothing of it is under way any more. May be called again. */
  public final void isDone() {
    if (stream != null) {
      stream.close();
    }
  }

  /** It has ended, however: it holds nothing any more. May be called again. */
  public void isOver() {
    isDone();
    body.giveBack();
  }

  public final boolean isClientGone() {
    return clientGone().map(gone -> gone.toCompletableFuture().isDone()).orElse(false);
  }

  /** Completes when nobody waits for an answer any more; empty: that will not be known. */
  public final Optional<CompletionStage<?>> clientGone() {
    return request.getAttribute(HttpServer.CLIENT_GONE).map(Function.identity());
  }

  /** Whether anybody still waits for it, and may. */
  public final boolean isWanted() {
    return (stream == null || stream.whyCut() == null) && !isClientGone();
  }

  /**
   * What the log is told besides the verdict: whose place it takes, and what policies have to
   * report.
   *
   * @param code that comes first; null: none
   */
  public final @Nullable String remark(@Nullable String code) {
    var first = new ArrayList<String>();
    if (code != null) {
      first.add(code);
    }
    if (edit != null) {
      first.add(Remark.inThePlaceOf(edit));
    }
    return Remark.of(first, judgement);
  }

  /** What the log is told of it so far. */
  public abstract AuditBuilder record(NodeIdentity node, AccessClaims who, Verdict verdict);

  /**
   * The same, as far as it is alike on every plane.
   *
   * @param operation as policies call it
   * @param looked at what for findings, as coverage names it
   */
  protected final AuditBuilder record(
      NodeIdentity node,
      AccessClaims who,
      Plane plane,
      String operation,
      Verdict verdict,
      String looked) {
    var record =
        new AuditBuilder(action.auditId(), at, who.organization(), plane, operation, verdict)
            .agent(who.agent(), spec == null ? null : spec.owner())
            .byAgent()
            .at(node.enclave(), node.node())
            .findings(content == null ? List.of() : content.findings())
            .coverage(coverage(verdict, looked))
            .approval(approval)
            .trace(trace.traceId());
    if (judgement != null) {
      record
          .policies(judgement.decision().policyIds(), judgement.bundleVersion())
          .risk(judgement.risk().score());
    }
    return record;
  }

  /** Of what is permitted there is a reply to come, of which the outcome tells. */
  private Coverage coverage(Verdict verdict, String looked) {
    var known =
        content == null
            ? Inspected.not(looked, "refused before it was read").coverage()
            : content.coverage();
    if (judgement != null) {
      known = known.after(ContentInForce.acts(judgement.decision()));
    }
    return verdict == Verdict.PERMIT ? known.awaiting(Inspected.REPLY) : known;
  }
}
