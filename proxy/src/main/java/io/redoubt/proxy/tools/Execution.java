package io.redoubt.proxy.tools;

import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Judgement;
import io.redoubt.http.HttpServer;
import io.redoubt.http.RequestTrace;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.proxy.decide.BodyMemory;
import io.redoubt.proxy.decide.ContentInForce;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.decide.Remark;
import io.redoubt.proxy.decide.RequestBodies;
import io.redoubt.proxy.stream.LiveStream;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * One call, and what has come to be known of it: enough, at any moment, to record how it ended. Its
 * steps follow one another, so nothing here is guarded.
 */
final class Execution {
  private final HttpRequest request;
  private final RequestBodies.Body body;
  private final InetAddress source;
  private final RequestTrace trace;
  private final ActionId action;
  private final Instant at;
  private final long started = System.nanoTime();
  private @Nullable AccessClaims claims;
  private @Nullable ByteString said;
  private @Nullable ExecuteRequest asked;
  private @Nullable Invocation invocation;
  private @Nullable Inspected content;
  private @Nullable AgentSpec spec;
  private @Nullable Judgement judgement;
  private @Nullable ApprovalId approval;
  private @Nullable LiveStream stream;
  private BodyMemory.@Nullable Share room;
  private boolean permitted;

  Execution(
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

  HttpRequest request() {
    return request;
  }

  RequestBodies.Body body() {
    return body;
  }

  InetAddress source() {
    return source;
  }

  RequestTrace trace() {
    return trace;
  }

  ActionId action() {
    return action;
  }

  long elapsedNanos() {
    return System.nanoTime() - started;
  }

  long elapsedMillis() {
    return elapsedNanos() / 1_000_000;
  }

  void isBy(AccessClaims who) {
    claims = who;
  }

  @Nullable AccessClaims claims() {
    return claims;
  }

  /** What the agent sent, as long as it may be refused. */
  @Nullable ByteString said() {
    return said;
  }

  void says(ByteString what) {
    said = what;
  }

  void asksFor(ExecuteRequest what) {
    asked = what;
  }

  void comesTo(Invocation what) {
    invocation = what;
  }

  void holds(Inspected what) {
    content = what;
  }

  void isOf(@Nullable AgentSpec agent) {
    spec = agent;
  }

  void isJudged(@Nullable Judgement byPolicies) {
    judgement = byPolicies;
  }

  @Nullable Judgement judgement() {
    return judgement;
  }

  /** The approval that it waits for, was refused, or passes by. */
  void isUpTo(@Nullable ApprovalId which) {
    approval = which;
  }

  @Nullable ApprovalId approval() {
    return approval;
  }

  void runsAs(LiveStream registered) {
    stream = registered;
  }

  @Nullable LiveStream stream() {
    return stream;
  }

  /**
   * Sets memory aside for its reply, once.
   *
   * @throws Refusal.Raised where there is none
   */
  void makeRoom(BodyMemory memory, int bytes) {
    var who = claims;
    if (room == null && who != null) {
      var share = memory.share(new AgentKey(who.organization(), who.agent()));
      share.take(bytes);
      room = share;
    }
  }

  /** Nothing of it is under way any more. May be called again. */
  void isDone() {
    if (stream != null) {
      stream.close();
    }
  }

  /** Its answer is with the agent, or nobody waits for it: it holds nothing any more. */
  synchronized void isOver() {
    isDone();
    body.giveBack();
    if (room != null) {
      room.giveBack();
    }
  }

  void isPermitted() {
    permitted = true;
    said = null;
  }

  /** Whether its intent is in the log, so that an outcome must follow. */
  boolean hasIntent() {
    return permitted;
  }

  boolean isClientGone() {
    return clientGone().map(gone -> gone.toCompletableFuture().isDone()).orElse(false);
  }

  /** Completes when nobody waits for an answer any more; empty: that will not be known. */
  Optional<CompletionStage<?>> clientGone() {
    return request.getAttribute(HttpServer.CLIENT_GONE).map(Function.identity());
  }

  /** Whether anybody still waits for it, and may. */
  boolean isWanted() {
    return (stream == null || stream.whyCut() == null) && !isClientGone();
  }

  /**
   * What the log is told of it so far.
   *
   * @param code that comes first in the remark; null: none
   */
  AuditBuilder record(NodeIdentity node, AccessClaims who, Verdict verdict, @Nullable String code) {
    var record =
        new AuditBuilder(
                action.auditId(),
                at,
                who.organization(),
                Plane.CONNECTOR,
                Executor.operation(invocation),
                verdict)
            .agent(who.agent(), spec == null ? null : spec.owner())
            .byAgent()
            .at(node.enclave(), node.node())
            .findings(content == null ? List.of() : content.findings())
            .coverage(coverage(verdict))
            .approval(approval)
            .detail(Remark.of(code == null ? List.of() : List.of(code), judgement))
            .trace(trace.traceId());
    if (asked != null) {
      record.connector(asked.connector()).resource(asked.operation());
    }
    if (invocation != null) {
      record.actionDigest(invocation.digest());
    }
    if (judgement != null) {
      record
          .policies(judgement.decision().policyIds(), judgement.bundleVersion())
          .risk(judgement.risk().score());
    }
    return record;
  }

  /** Of what is permitted there is a reply to come, of which the outcome tells. */
  private Coverage coverage(Verdict verdict) {
    var known =
        content == null
            ? Inspected.not(Inspected.ARGUMENTS, "refused before it was read").coverage()
            : content.coverage();
    if (judgement != null) {
      known = known.after(ContentInForce.acts(judgement.decision()));
    }
    return verdict == Verdict.PERMIT ? known.awaiting(Inspected.REPLY) : known;
  }
}
