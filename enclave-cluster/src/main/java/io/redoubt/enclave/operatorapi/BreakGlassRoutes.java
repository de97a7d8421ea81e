package io.redoubt.enclave.operatorapi;

import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.kill.KillSwitch;
import io.redoubt.enclave.kill.UnreportedAgents;
import io.redoubt.http.Bodies;
import io.redoubt.http.ClientCredentials;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.ReleaseId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.jwt.OperatorClaims;
import io.redoubt.protocol.link.Acknowledgement;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Disclosed;
import io.redoubt.protocol.text.PlainText;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/operator/token} and {@code POST
 * /v1/operator/agents/{id}/isolate|release|revoke|revoke-token}: the kill switch for the time when
 * the control plane is away.
 */
final class BreakGlassRoutes {
  private static final String PERMISSION = "agents:manage";
  private static final int MAX_REASON = 500;
  private static final int MAX_ISOLATIONS = 100;

  private final Bodies bodies;
  private final OperatorGate gate;
  private final OperatorTokens tokens;
  private final KillSwitch killSwitch;
  private final UnreportedAgents unreported;
  private final Clock clock;

  BreakGlassRoutes(
      EdgeConfig edge,
      OperatorGate gate,
      OperatorTokens tokens,
      KillSwitch killSwitch,
      UnreportedAgents unreported,
      Clock clock) {
    this.bodies = new Bodies(edge);
    this.gate = gate;
    this.tokens = tokens;
    this.killSwitch = killSwitch;
    this.unreported = unreported;
    this.clock = clock;
  }

  /** RFC 6749 §5.1. */
  record TokenAnswer(Disclosed accessToken, String tokenType, long expiresIn, String scope) {}

  /** RFC 6749 §5.2. */
  record TokenError(String error, String errorDescription) {}

  record IsolateBody(@Nullable String reason) {}

  /**
   * Body of a release.
   *
   * @param isolationIds those to lift; null: those that stand now
   */
  record ReleaseBody(@Nullable String reason, @Nullable List<IsolationId> isolationIds) {}

  record RevokeBody(@Nullable String reason) {}

  record RevokeTokenBody(@Nullable String jti, @Nullable String reason) {}

  Route routes() {
    return concat(
        path(segment("v1").slash("operator").slash("token"), () -> post(this::token)),
        path(
            segment("v1").slash("operator").slash("agents").slash(segment()).slash("isolate"),
            id -> post(() -> isolate(id))),
        path(
            segment("v1").slash("operator").slash("agents").slash(segment()).slash("release"),
            id -> post(() -> release(id))),
        path(
            segment("v1").slash("operator").slash("agents").slash(segment()).slash("revoke"),
            id -> post(() -> revoke(id))),
        path(
            segment("v1").slash("operator").slash("agents").slash(segment()).slash("revoke-token"),
            id -> post(() -> revokeToken(id))));
  }

  private Route token() {
    return extractRequest(request -> {
      gate.limit(request);
      return bodies.form(
          form -> token(request, form),
          () -> refused("invalid_request", "The form is malformed, or says something twice."));
    });
  }

  private Route token(HttpRequest request, Map<String, String> form) {
    String grant = form.get("grant_type");
    if (grant == null) {
      return refused("invalid_request", "grant_type is missing.");
    }
    if (!grant.equals("client_credentials")) {
      return refused("unsupported_grant_type", "Only client_credentials is known here.");
    }
    return switch (ClientCredentials.of(request, form)) {
      case ClientCredentials.Ambiguous _ ->
          refused("invalid_request", "A client proves itself in one way only.");
      case ClientCredentials.Missing _ -> invalidClient();
      case ClientCredentials.Offered(var id, var secret) ->
          Replies.async(
              tokens
                  .issue(id, secret)
                  .thenApply(it ->
                      it.map(BreakGlassRoutes::answer).orElseGet(BreakGlassRoutes::invalidClient)));
    };
  }

  private static Route refused(String error, String why) {
    return Replies.json(400, new TokenError(error, why));
  }

  private static Route answer(OperatorTokens.Issued issued) {
    return Replies.json(
        200,
        new TokenAnswer(
            Disclosed.of(issued.token().reveal()),
            "Bearer",
            OperatorTokens.LIFETIME.toSeconds(),
            String.join(" ", issued.claims().permissions().stream().sorted().toList())));
  }

  private static Route invalidClient() {
    List<HttpHeader> headers =
        List.of(RawHeader.create("WWW-Authenticate", "Basic realm=\"redoubt\""));
    return Replies.json(
        401,
        new TokenError(
            "invalid_client", "No client that may break the glass here, or not its secret."),
        headers);
  }

  private Route isolate(String agentId) {
    return asOperator((request, operator) ->
        bodies.json(
            IsolateBody.class,
            body -> {
              var asked = asked(request, operator, agentId, body.reason());
              IsolationId id = isolation(request, operator, asked.agent().agent());
              return act(request, asked, () -> killSwitch.isolate(asked, id));
            }));
  }

  private IsolationId isolation(HttpRequest request, OperatorClaims operator, AgentId agent) {
    return Requests.idempotencyKey(request)
        .map(key -> IsolationId.ofRequest(operator.client(), agent, key, clock.instant()))
        .orElseGet(() -> IsolationId.next(clock));
  }

  private Route release(String agentId) {
    return asOperator((request, operator) ->
        bodies.json(
            ReleaseBody.class,
            body -> {
              Set<IsolationId> ids = isolations(body.isolationIds());
              var asked = asked(request, operator, agentId, body.reason());
              var once = ids.isEmpty() ? once(request, operator, asked.agent().agent()) : null;
              return act(request, asked, () -> killSwitch.release(asked, ids, once));
            }));
  }

  private @Nullable ReleaseId once(HttpRequest request, OperatorClaims operator, AgentId agent) {
    return Requests.idempotencyKey(request)
        .map(key -> ReleaseId.ofRequest(operator.client(), agent, key, clock.instant()))
        .orElse(null);
  }

  private Route revoke(String agentId) {
    return asOperator((request, operator) ->
        bodies.json(
            RevokeBody.class,
            body -> {
              var asked = asked(request, operator, agentId, body.reason());
              return act(request, asked, () -> killSwitch.revoke(asked));
            }));
  }

  private Route revokeToken(String agentId) {
    return asOperator((request, operator) ->
        bodies.json(
            RevokeTokenBody.class,
            body -> {
              var asked = asked(request, operator, agentId, body.reason());
              @Nullable String jti = body.jti();
              if (jti == null || !AccessClaims.isJti(jti)) {
                throw ProblemException.invalid("/jti", "is the jti claim of an access token");
              }
              return answer(request, () -> killSwitch.revokeToken(asked, jti));
            }));
  }

  private static KillSwitch.Request asked(
      HttpRequest request, OperatorClaims operator, String agentId, @Nullable String reason) {
    return new KillSwitch.Request(
        new AgentKey(operator.organization(), agentId(agentId)),
        reason(reason),
        operator.subject(),
        Requests.trace(request).traceId(),
        null);
  }

  private static String reason(@Nullable String reason) {
    if (reason == null || reason.isBlank()) {
      throw ProblemException.invalid("/reason", "is needed");
    }
    if (!PlainText.fits(reason, MAX_REASON)) {
      throw ProblemException.invalid(
          "/reason", "has at most " + MAX_REASON + " characters, none of them control characters");
    }
    return reason;
  }

  private static Set<IsolationId> isolations(@Nullable List<IsolationId> ids) {
    if (ids == null) {
      return Set.of();
    }
    if (ids.isEmpty() || ids.size() > MAX_ISOLATIONS || ids.contains(null)) {
      throw ProblemException.invalid(
          "/isolation_ids", "names 1 to " + MAX_ISOLATIONS + " isolations, or is left out");
    }
    return Set.copyOf(ids);
  }

  private Route act(
      HttpRequest request,
      KillSwitch.Request asked,
      Supplier<CompletionStage<KillSwitch.Result>> action) {
    // Noted first: whatever becomes of this, the control plane hears how the agent is.
    return answer(request, () -> unreported.note(asked.agent()).thenCompose(_ -> action.get()));
  }

  /** They are asked who they are once more: what they sent may have taken its time. */
  private Route answer(HttpRequest request, Supplier<CompletionStage<KillSwitch.Result>> action) {
    return Replies.async(
        gate.again(request, PERMISSION)
            .thenCompose(_ -> action.get())
            .thenApply(BreakGlassRoutes::answer));
  }

  /** Who asks comes before what is asked: a stranger learns nothing from a wrong body. */
  private Route asOperator(BiFunction<HttpRequest, OperatorClaims, Route> inner) {
    return extractRequest(request -> {
      return Replies.async(
          gate.admit(request, PERMISSION)
              .thenApply(operator -> extractRequest(_ -> inner.apply(request, operator))));
    });
  }

  private static AgentId agentId(String text) {
    try {
      return AgentId.parse(text);
    } catch (IllegalArgumentException _) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
  }

  private static Route answer(KillSwitch.Result result) {
    return switch (result) {
      case KillSwitch.Enforced(Acknowledgement proof) -> Replies.json(200, proof);
      case KillSwitch.Lifted _ ->
          Replies.problem(
              ProblemException.of(
                  ErrorType.CONFLICT,
                  "That isolation was lifted since: stop the agent with another"
                      + " Idempotency-Key."));
      case KillSwitch.UnknownIsolation _ ->
          Replies.problem(
              ProblemException.of(
                  ErrorType.CONFLICT,
                  "The agent has no isolation of one of these names, and none was lifted."));
      case KillSwitch.Refused(Agent.Refusal why) -> Replies.problem(problem(why));
    };
  }

  private static ProblemException problem(Agent.Refusal why) {
    return switch (why) {
      case UNKNOWN_AGENT -> ProblemException.of(ErrorType.NOT_FOUND);
      case TOO_MANY_ISOLATIONS ->
          ProblemException.of(
              ErrorType.CONFLICT, "More isolations stand than can be told apart: release some.");
      case NOT_ACTIVE -> ProblemException.of(ErrorType.CONFLICT, "The agent is decommissioned.");
      case UNAVAILABLE -> ProblemException.retryAfter(ErrorType.UNAVAILABLE, "Try again.", 1);
      case BOOTSTRAP_TOKEN_INVALID,
          BOOTSTRAP_TOKEN_USED,
          SOURCE_NOT_ALLOWED,
          FAMILY_UNKNOWN,
          SUPERSEDED ->
          throw new IllegalStateException("not a refusal of a change of lifecycle: " + why);
    };
  }
}
