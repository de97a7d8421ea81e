package io.redoubt.protocol.audit;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.text.PlainText;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds an {@link AuditRecord} from what is known; everything else stays empty. */
public final class AuditBuilder {
  /** Records travel and are kept by the hundred, whatever somebody has written into one. */
  public static final int MOST_DETAIL = 4_000;

  private final AuditId id;
  private final Instant time;
  private final OrganizationId organization;
  private final Plane plane;
  private final String operation;
  private final Verdict verdict;
  private ActorKind actorKind = ActorKind.SYSTEM;
  private @Nullable String actor;
  private @Nullable AgentId agent;
  private @Nullable String owner;
  private @Nullable EnclaveId enclave;
  private @Nullable String node;
  private @Nullable String connector;
  private @Nullable String resource;
  private @Nullable String actionDigest;
  private List<String> policyIds = List.of();
  private @Nullable String bundleVersion;
  private @Nullable Integer riskScore;
  private List<String> findings = List.of();
  private @Nullable Coverage coverage;
  private @Nullable String approval;
  private @Nullable Outcome outcome;
  private @Nullable String traceId;
  private @Nullable DeclaredTools tools;
  private @Nullable Reserved reserved;
  private @Nullable String detail;

  public AuditBuilder(
      AuditId id,
      Instant time,
      OrganizationId organization,
      Plane plane,
      String operation,
      Verdict verdict) {
    this.id = id;
    this.time = time;
    this.organization = organization;
    this.plane = plane;
    this.operation = operation;
    this.verdict = verdict;
  }

  public AuditBuilder agent(AgentId agent, @Nullable String owner) {
    this.agent = agent;
    this.owner = owner;
    return this;
  }

  /** The agent itself acted. */
  public AuditBuilder byAgent() {
    this.actorKind = ActorKind.AGENT;
    return this;
  }

  public AuditBuilder byOperator(String operator) {
    this.actorKind = ActorKind.OPERATOR;
    this.actor = operator;
    return this;
  }

  /** A model said it, which Redoubt asked: neither the agent nor a person. */
  public AuditBuilder byModel(String model) {
    this.actorKind = ActorKind.SYSTEM;
    this.actor = model;
    return this;
  }

  public AuditBuilder at(EnclaveId enclave, String node) {
    this.enclave = enclave;
    this.node = node;
    return this;
  }

  public AuditBuilder connector(String connector) {
    this.connector = connector;
    return this;
  }

  public AuditBuilder resource(@Nullable String resource) {
    this.resource = resource;
    return this;
  }

  public AuditBuilder actionDigest(String digest) {
    this.actionDigest = digest;
    return this;
  }

  /** What it was decided by. */
  public AuditBuilder policies(List<String> ids, long bundle) {
    this.policyIds = List.copyOf(ids);
    this.bundleVersion = Long.toString(bundle);
    return this;
  }

  /** How much it was out of line. */
  public AuditBuilder risk(int score) {
    this.riskScore = score;
    return this;
  }

  /** What was found, as policies name it; never what it says. */
  public AuditBuilder findings(List<String> findings) {
    this.findings = List.copyOf(findings);
    return this;
  }

  public AuditBuilder coverage(Coverage coverage) {
    this.coverage = coverage;
    return this;
  }

  /** The request for approval that it belongs to, or that it passes by. */
  public AuditBuilder approval(@Nullable ApprovalId approval) {
    this.approval = approval == null ? null : approval.toString();
    return this;
  }

  public AuditBuilder outcome(Outcome outcome) {
    this.outcome = outcome;
    return this;
  }

  /** What it declares of tools. */
  public AuditBuilder tools(DeclaredTools tools) {
    this.tools = tools;
    return this;
  }

  /** What of the agent's budget is kept for it. */
  public AuditBuilder reserved(@Nullable Reserved reserved) {
    this.reserved = reserved;
    return this;
  }

  public AuditBuilder trace(@Nullable String traceId) {
    this.traceId = traceId;
    return this;
  }

  /** In words; what is beyond {@value #MOST_DETAIL} characters is cut. */
  public AuditBuilder detail(@Nullable String detail) {
    this.detail = detail == null ? null : PlainText.cut(detail, MOST_DETAIL);
    return this;
  }

  public AuditRecord build() {
    return new AuditRecord(
        id,
        time,
        organization,
        agent,
        owner,
        null,
        enclave,
        node,
        plane,
        connector,
        operation,
        resource,
        actionDigest,
        verdict,
        riskScore,
        policyIds,
        bundleVersion,
        findings,
        coverage,
        approval,
        outcome,
        traceId,
        actorKind,
        actor,
        tools,
        reserved,
        detail);
  }
}
