package io.redoubt.proxy.llm;

import io.redoubt.agent.Judgement;
import io.redoubt.http.RequestTrace;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.proxy.decide.ContentInForce;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.Remark;
import io.redoubt.proxy.decide.RequestBodies;
import io.redoubt.proxy.stream.LiveStream;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * One call, and what has come to be known of it: enough, at any moment, to record how it ended. Its
 * steps follow one another, so nothing here is guarded.
 */
final class LlmCall {
  static final String OPERATION = "llm:generate";

  private final HttpRequest request;
  private final RequestBodies.Body body;
  private final LlmOperation operation;
  private final InetAddress source;
  private final RequestTrace trace;
  private final ActionId action;
  private final Instant at;
  private final long started = System.nanoTime();
  private @Nullable AccessClaims claims;
  private @Nullable String digest;
  private @Nullable ByteString refusable;
  private @Nullable RequestFacts facts;
  private @Nullable Inspected content;
  private @Nullable ProviderSpec provider;
  private @Nullable AgentSpec spec;
  private @Nullable Judgement judgement;
  private @Nullable Reserved reserved;
  private @Nullable ApprovalId approval;
  private @Nullable LiveStream stream;
  private boolean permitted;
  private boolean inDoubt;

  LlmCall(
      HttpRequest request,
      RequestBodies.Body body,
      LlmOperation operation,
      InetAddress source,
      RequestTrace trace,
      ActionId action,
      Instant at) {
    this.request = request;
    this.body = body;
    this.operation = operation;
    this.source = source;
    this.trace = trace;
    this.action = action;
    this.at = at;
  }

  HttpRequest request() {
    return request;
  }

  LlmOperation operation() {
    return operation;
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

  /** Since the request's head was here, in nanoseconds. */
  long elapsed() {
    return System.nanoTime() - started;
  }

  long elapsedMillis() {
    return elapsed() / 1_000_000;
  }

  void isBy(AccessClaims who) {
    claims = who;
  }

  /** What it says, by an agent that is believed. */
  void carries(String bodyDigest, ByteString body) {
    digest = bodyDigest;
    refusable = body;
  }

  /** What it says, as long as it may be refused; null: it was permitted, or never read. */
  @Nullable ByteString refusable() {
    return refusable;
  }

  void asksFor(RequestFacts what) {
    facts = what;
  }

  /** What was found in its texts. */
  void holds(Inspected what) {
    content = what;
  }

  void goesTo(@Nullable ProviderSpec which) {
    provider = which;
  }

  void isOf(@Nullable AgentSpec agent) {
    spec = agent;
  }

  void isJudged(@Nullable Judgement byPolicies) {
    judgement = byPolicies;
  }

  /** What the agent's budget keeps for it. */
  void keeps(@Nullable Reserved what) {
    reserved = what;
  }

  @Nullable Reserved reserved() {
    return reserved;
  }

  /** The approval that it waits for, was refused, or passes by. */
  void isUpTo(@Nullable ApprovalId which) {
    approval = which;
  }

  @Nullable ApprovalId approval() {
    return approval;
  }

  /** The policies that decided about it. */
  List<String> policies() {
    return judgement == null ? List.of() : judgement.decision().policyIds();
  }

  /**
   * What the log is told besides the verdict: what policies have to report.
   *
   * @param code that comes first; null: none
   */
  @Nullable String remark(@Nullable String code) {
    return Remark.of(code == null ? List.of() : List.of(code), judgement);
  }

  void runsAs(LiveStream registered) {
    stream = registered;
  }

  RequestBodies.Body body() {
    return body;
  }

  /** It has ended, however: it holds nothing any more. May be called again. */
  void isOver() {
    if (stream != null) {
      stream.close();
    }
    body.giveBack();
  }

  void isPermitted() {
    permitted = true;
    refusable = null; // what goes out is held elsewhere, for as long as the reply takes
  }

  /** Nobody knows whether its intent is in the log. */
  void isInDoubt() {
    inDoubt = true;
  }

  /** Whether something is kept for it that no outcome will ever settle. */
  boolean keepsInVain() {
    return reserved != null && !permitted && !inDoubt;
  }

  @Nullable AccessClaims claims() {
    return claims;
  }

  @Nullable LiveStream stream() {
    return stream;
  }

  /** Whether its intent is in the log, so that an outcome must follow. */
  boolean hasIntent() {
    return permitted;
  }

  /** Of what is permitted there is a reply to come, of which the outcome tells. */
  private Coverage coverage(Verdict verdict) {
    var known =
        content == null
            ? Inspected.not(Inspected.REQUEST, "refused before it was read").coverage()
            : content.coverage();
    if (judgement != null) {
      known = known.after(ContentInForce.acts(judgement.decision()));
    }
    return verdict == Verdict.PERMIT ? known.awaiting(Inspected.REPLY) : known;
  }

  /** What the log is told of it so far. */
  AuditBuilder record(NodeIdentity node, AccessClaims who, Verdict verdict) {
    var record =
        new AuditBuilder(action.auditId(), at, who.organization(), Plane.LLM, OPERATION, verdict)
            .agent(who.agent(), spec == null ? null : spec.owner())
            .byAgent()
            .at(node.enclave(), node.node())
            .findings(content == null ? List.of() : content.findings())
            .coverage(coverage(verdict))
            .approval(approval)
            .trace(trace.traceId());
    if (facts != null) {
      record.resource(facts.model()).tools(facts.tools());
    }
    if (digest != null) {
      record.actionDigest(digest);
    }
    if (provider != null) {
      record.connector(provider.name());
    }
    if (judgement != null) {
      record
          .policies(judgement.decision().policyIds(), judgement.bundleVersion())
          .risk(judgement.risk().score());
    }
    return record;
  }
}
