package io.redoubt.enclave.agentapi;

import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.ApprovalDesk;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.approval.Voting;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.HttpServer;
import io.redoubt.http.RateLimiter;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.proxy.authenticate.AuthenticatedAgent;
import io.redoubt.proxy.authenticate.Authentication;
import io.redoubt.proxy.authenticate.Authenticator;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code GET /v1/agent/approvals/{id}}: what has become of what the agent asked for. */
final class ApprovalRoutes {
  /** Longest wait that a caller may ask for. */
  private static final Duration LONGEST = Duration.ofMinutes(1);

  /** Of what is refused to each agent; it may guess faster than anybody wants to read. */
  private static final int RECORDED_PER_SECOND = 1;

  private static final int RECORDED_AT_ONCE = 30;
  private static final int REMEMBERED = 10_000;

  private final EdgeConfig edge;
  private final CallLimits limits;
  private final Authenticator authenticator;
  private final Voting voting;
  private final ApprovalDesk desk;
  private final IdentityAudit audit;
  private final RateLimiter shares;

  ApprovalRoutes(
      EdgeConfig edge,
      CallLimits limits,
      Authenticator authenticator,
      Voting voting,
      ApprovalDesk desk,
      IdentityAudit audit,
      InstantSource clock) {
    this.edge = edge;
    this.limits = limits;
    this.authenticator = authenticator;
    this.voting = voting;
    this.desk = desk;
    this.audit = audit;
    this.shares = new RateLimiter(RECORDED_PER_SECOND, RECORDED_AT_ONCE, REMEMBERED, clock);
  }

  /**
   * What the agent may know of it. Not who decided, nor why: that is for people.
   *
   * @param usesLeft how often the call may still pass
   * @param expiresAt when the tier's time, or the grant's, ends; null: it is over
   * @param editedTo the request for the call that stands in the place of this one, since whoever
   *     was to approve it has changed it; null: nothing does
   * @param arguments of a call that others have changed, once it is approved: with these it may be
   *     asked for
   */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Own(
      ApprovalId id,
      ApprovalStatus status,
      String operation,
      String resource,
      String actionDigest,
      List<String> policyIds,
      String workflow,
      int tier,
      int usesLeft,
      Instant askedAt,
      @Nullable Instant expiresAt,
      @Nullable Instant decidedAt,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable ApprovalId editedTo,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable JsonNode arguments) {
    static Own of(ApprovalView view) {
      return new Own(
          view.id(),
          view.status(),
          view.operation(),
          view.resource(),
          view.actionDigest(),
          view.policyIds(),
          view.workflow(),
          view.tier(),
          view.usesLeft(),
          view.askedAt(),
          view.expiresAt(),
          view.decidedAt(),
          view.editedTo() == null ? null : view.editedTo().approval(),
          view.editOf() != null && view.status() == ApprovalStatus.APPROVED
              ? view.arguments()
              : null);
    }
  }

  Route routes() {
    return path(
        segment("v1").slash("agent").slash("approvals").slash(segment()),
        id -> get(() -> show(id)));
  }

  private Route show(String id) {
    return extractRequest(request -> {
      InetAddress source = Requests.source(edge, request);
      limits.admit(source);
      return Replies.async(
          authenticator
              .authenticate(request, source)
              .thenCompose(authentication ->
                  switch (authentication) {
                    case AuthenticatedAgent agent -> show(request, agent, id(id));
                    case Authentication.Refused(var why, var claims) ->
                        refused(request, claims, null, why.problem());
                  })
              .thenApply(found -> Replies.json(200, Own.of(found))));
    });
  }

  private CompletionStage<ApprovalView> show(
      HttpRequest request, AuthenticatedAgent agent, Optional<ApprovalId> id) {
    return id.map(known -> find(request, agent.key(), known))
        .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()))
        .thenCompose(found ->
            found
                .<CompletionStage<ApprovalView>>map(CompletableFuture::completedFuture)
                .orElseGet(
                    () -> refused(request, agent.claims(), id.orElse(null), ErrorType.NOT_FOUND)));
  }

  /** On record where it is known who asks, as often as each agent may be. */
  private CompletionStage<ApprovalView> refused(
      HttpRequest request, @Nullable AccessClaims claims, @Nullable ApprovalId id, ErrorType why) {
    CompletionStage<Void> recorded =
        claims == null || why == ErrorType.UNAVAILABLE || isSilenced(claims)
            ? CompletableFuture.completedFuture(null)
            : audit.refusal(
                claims, Requests.trace(request).traceId(), IdentityAudit.APPROVAL, id, why);
    return recorded.handle((_, failure) -> {
      throw failure == null
          ? ProblemException.of(why)
          : ProblemException.retryAfter(ErrorType.UNAVAILABLE, "Try again.", 1);
    });
  }

  private boolean isSilenced(AccessClaims claims) {
    return shares
        .retryAfterSeconds(new AgentKey(claims.organization(), claims.agent()))
        .isPresent();
  }

  /** Another agent's is answered like none. */
  private CompletionStage<Optional<ApprovalView>> find(
      HttpRequest request, AgentKey agent, ApprovalId id) {
    var key = new ApprovalKey(agent.organization(), id);
    return voting
        .find(key)
        .thenApply(found -> found.filter(view -> view.agentId().equals(agent.agent())))
        .thenCompose(found -> {
          var wait = Requests.preferredWait(request, LONGEST);
          return found.isPresent()
                  && found.get().status() == ApprovalStatus.PENDING
                  && wait.isPresent()
              ? desk.await(
                      key,
                      new ApprovalDesk.Pending(found.get()),
                      wait.get(),
                      () -> isThere(request))
                  .thenCompose(_ -> voting.find(key))
              : CompletableFuture.completedFuture(found);
        });
  }

  /** Who has hung up leaves its place to others when it is looked at next. */
  private static boolean isThere(HttpRequest request) {
    return request
        .getAttribute(HttpServer.CLIENT_GONE)
        .map(gone -> !gone.toCompletableFuture().isDone())
        .orElse(true);
  }

  /** Empty: none could be called so. */
  private static Optional<ApprovalId> id(String text) {
    try {
      return Optional.of(ApprovalId.parse(text));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
