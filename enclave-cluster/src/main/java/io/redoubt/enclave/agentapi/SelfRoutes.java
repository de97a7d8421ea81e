package io.redoubt.enclave.agentapi;

import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.proxy.authenticate.AuthenticatedAgent;
import io.redoubt.proxy.authenticate.Authentication;
import io.redoubt.proxy.authenticate.Authenticator;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code GET /v1/agent/self}: what an agent may know of itself. */
final class SelfRoutes {
  private static final int MOST_PENDING = 200;

  private final EdgeConfig edge;
  private final CallLimits limits;
  private final Authenticator authenticator;
  private final Agents agents;
  private final ApprovalBoard board;
  private final IdentityAudit audit;

  SelfRoutes(
      EdgeConfig edge,
      CallLimits limits,
      Authenticator authenticator,
      Agents agents,
      ApprovalBoard board,
      IdentityAudit audit) {
    this.edge = edge;
    this.limits = limits;
    this.authenticator = authenticator;
    this.agents = agents;
    this.board = board;
    this.audit = audit;
  }

  /**
   * The answer.
   *
   * @param expiresAt when the presented access token expires
   * @param pendingApprovals ids of approvals that wait for a decision
   */
  record Self(
      AgentId agentId,
      OrganizationId organizationId,
      String name,
      AgentStatus status,
      Instant expiresAt,
      List<ApprovalId> pendingApprovals) {}

  Route routes() {
    return path(segment("v1").slash("agent").slash("self"), () -> get(this::self));
  }

  private Route self() {
    return extractRequest(request -> {
      InetAddress source = Requests.source(edge, request);
      limits.admit(source);
      return Replies.async(describe(request, source).thenApply(it -> Replies.json(200, it)));
    });
  }

  private CompletionStage<Self> describe(HttpRequest request, InetAddress source) {
    return authenticator
        .authenticate(request, source)
        .thenCompose(authentication ->
            switch (authentication) {
              case AuthenticatedAgent agent -> describe(agent.claims());
              case Authentication.Refused refused -> turnAway(request, refused);
            });
  }

  /** On record where a token of ours says whom it was given to. */
  private CompletionStage<Self> turnAway(HttpRequest request, Authentication.Refused refused) {
    var why = refused.why().problem();
    var claims = refused.claims();
    CompletionStage<Void> recorded =
        claims == null || why == ErrorType.UNAVAILABLE
            ? CompletableFuture.completedFuture(null)
            : audit.refusal(claims, Requests.trace(request).traceId(), IdentityAudit.SELF, why);
    return recorded.handle((_, failure) -> {
      throw failure == null ? ProblemException.of(why) : unavailable();
    });
  }

  private CompletionStage<Self> describe(AccessClaims claims) {
    var agent = new AgentKey(claims.organization(), claims.agent());
    return board
        .pendingOf(agent, MOST_PENDING)
        .thenCompose(pending -> describe(claims, agent, pending));
  }

  private CompletionStage<Self> describe(
      AccessClaims claims, AgentKey agent, List<ApprovalId> pending) {
    return agents
        .ask(agent, Agent.Describe::new)
        .thenApply(reply ->
            switch (reply) {
              case Agent.Description it ->
                  new Self(
                      claims.agent(),
                      claims.organization(),
                      it.spec().name(),
                      it.status(),
                      claims.expiresAt(),
                      pending);
              case Agent.Refused(var why) -> throw refused(why);
              case Agent.Done _,
                  Agent.Bootstrapped _,
                  Agent.RefreshAdmitted _,
                  Agent.Decided _,
                  Agent.Permitted _,
                  Agent.Denied _,
                  Agent.LifecycleChanged _ ->
                  throw new IllegalStateException("not a description: " + reply);
            });
  }

  private static ProblemException refused(Agent.Refusal why) {
    return why == Agent.Refusal.UNKNOWN_AGENT
        ? ProblemException.of(ErrorType.AGENT_NOT_ACTIVE)
        : unavailable();
  }

  private static ProblemException unavailable() {
    return ProblemException.retryAfter(ErrorType.UNAVAILABLE, "Try again.", 1);
  }
}
