package io.redoubt.enclave.agentapi;

import static io.redoubt.protocol.problem.ErrorType.AGENT_NOT_ACTIVE;
import static io.redoubt.protocol.problem.ErrorType.BOOTSTRAP_TOKEN_INVALID;
import static io.redoubt.protocol.problem.ErrorType.BOOTSTRAP_TOKEN_USED;
import static io.redoubt.protocol.problem.ErrorType.PROOF_OF_POSSESSION_INVALID;
import static io.redoubt.protocol.problem.ErrorType.SOURCE_ADDRESS_NOT_ALLOWED;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.enclave.agentapi.Grant.Successor;
import io.redoubt.enclave.identity.AccessTokenIssuer;
import io.redoubt.entity.Patience;
import io.redoubt.family.TokenFamilies;
import io.redoubt.family.TokenFamily;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Secret;
import java.net.InetAddress;
import java.time.Clock;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Burns a bootstrap token and opens the family that it carries.
 *
 * <p>Between the two stands a moment in which the node may die. A client that committed to its
 * first refresh token repeats the request, and the family is opened then; without a commitment the
 * bootstrap token is gone and the operator offers a new one.
 */
final class Bootstraps {
  private final Agents agents;
  private final TokenFamilies families;
  private final AccessTokenIssuer issuer;
  private final IdentityAudit audit;
  private final Function<AgentKey, CompletionStage<Boolean>> catchUp;
  private final Consumer<InetAddress> strangers;
  private final Consumer<AgentKey> bootstrapped;
  private final Patience patience;
  private final Clock clock;

  /**
   * Bootstraps.
   *
   * @param catchUp whether everything that the control plane has said of an agent so far is applied
   *     here; waits for it a while
   * @param strangers hears of every source that presents a token nobody here knows
   * @param bootstrapped hears of every agent that did
   */
  Bootstraps(
      Agents agents,
      TokenFamilies families,
      AccessTokenIssuer issuer,
      IdentityAudit audit,
      Function<AgentKey, CompletionStage<Boolean>> catchUp,
      Consumer<InetAddress> strangers,
      Consumer<AgentKey> bootstrapped,
      Patience patience,
      Clock clock) {
    this.agents = agents;
    this.families = families;
    this.issuer = issuer;
    this.audit = audit;
    this.catchUp = catchUp;
    this.strangers = strangers;
    this.bootstrapped = bootstrapped;
    this.patience = patience;
    this.clock = clock;
  }

  CompletionStage<Grant> bootstrap(TokenRequest request) {
    Successor first = Successor.of(request);
    return burn(request, first)
        .thenCompose(reply ->
            isUnknown(reply)
                ? burnOnceCaughtUp(request, first)
                : CompletableFuture.completedFuture(reply))
        .thenCompose(reply ->
            switch (reply) {
              case Agent.Bootstrapped burned -> open(request, first, burned);
              case Agent.Refused(var why) -> notBurned(request, why);
              case Agent.Done _,
                  Agent.RefreshAdmitted _,
                  Agent.Decided _,
                  Agent.Permitted _,
                  Agent.Denied _,
                  Agent.LifecycleChanged _,
                  Agent.Description _ ->
                  throw new IllegalStateException("not an answer to a bootstrap: " + reply);
            });
  }

  private CompletionStage<Agent.Reply> burn(TokenRequest request, Successor first) {
    return agents.ask(
        request.agent(),
        replyTo ->
            new Agent.Bootstrap(
                request.presented().digest(),
                request.commitment(),
                first.digest(),
                request.family().family(),
                TokenIds.next(clock),
                Grant.accessExpiry(clock.instant()),
                request.jkt(),
                request.source(),
                patience.ends(),
                replyTo));
  }

  private static boolean isUnknown(Agent.Reply reply) {
    return reply instanceof Agent.Refused(var why)
        && (why == Agent.Refusal.UNKNOWN_AGENT || why == Agent.Refusal.BOOTSTRAP_TOKEN_INVALID);
  }

  /** The agent, or its new token, may have been made a moment ago: hear the control plane out. */
  private CompletionStage<Agent.Reply> burnOnceCaughtUp(TokenRequest request, Successor first) {
    return catchUp
        .apply(request.agent())
        .thenCompose(caughtUp ->
            caughtUp
                ? burn(request, first)
                : CompletableFuture.failedFuture(
                    ProblemException.retryAfter(
                        ErrorType.UNAVAILABLE,
                        "The token is not known here, nor is all that was said of the agent done.",
                        2)));
  }

  private CompletionStage<Grant> open(
      TokenRequest request, Successor first, Agent.Bootstrapped burned) {
    if (burned.jkt() != null && !burned.jkt().equals(request.jkt())) {
      return refuse(request, PROOF_OF_POSSESSION_INVALID);
    }
    // From the burned instant, not from now: a repeat opens the same family.
    var refreshExpiresAt =
        burned.accessExpiresAt().minus(AccessTokenIssuer.LIFETIME).plus(Grant.REFRESH_LIFETIME);
    return families
        .ask(
            request.family(),
            replyTo ->
                new TokenFamily.Open(
                    request.agent().agent(),
                    burned.first(),
                    refreshExpiresAt,
                    burned.accessExpiresAt(),
                    burned.jkt(),
                    replyTo))
        .thenCompose(reply ->
            switch (reply) {
              case TokenFamily.Opened _ -> grant(request, first, burned);
              // Opened before and used since, or ended: this request comes too late.
              case TokenFamily.Refused _, TokenFamily.Revoked _, TokenFamily.Replayed _ ->
                  refuse(request, BOOTSTRAP_TOKEN_USED);
              case TokenFamily.Rotated _, TokenFamily.Stands _ ->
                  throw new IllegalStateException("not an answer to an opening: " + reply);
            });
  }

  private CompletionStage<Grant> grant(
      TokenRequest request, Successor first, Agent.Bootstrapped burned) {
    if (!Objects.equals(first.digest(), burned.first())) {
      throw new IllegalStateException("burned for another first token than the one offered");
    }
    var recorded =
        audit.granted(request, IdentityAudit.BOOTSTRAP, burned.spec(), burned.repeated());
    bootstrapped.accept(request.agent());
    String accessToken =
        issuer.issue(
            request.agent(),
            request.family().family(),
            burned.jti(),
            burned.accessExpiresAt(),
            burned.spec().clientCidr(),
            burned.jkt());
    return recorded.thenApply(_ ->
        new Grant(
            request.agent(),
            Secret.of(accessToken),
            burned.accessExpiresAt(),
            burned.jkt() != null,
            first.token(),
            burned.repeated()));
  }

  private CompletionStage<Grant> notBurned(TokenRequest request, Agent.Refusal why) {
    return switch (why) {
      case UNKNOWN_AGENT -> {
        strangers.accept(request.source());
        yield CompletableFuture.failedFuture(ProblemException.of(BOOTSTRAP_TOKEN_INVALID));
      }
      case BOOTSTRAP_TOKEN_INVALID -> {
        strangers.accept(request.source());
        yield refuse(request, BOOTSTRAP_TOKEN_INVALID);
      }
      case BOOTSTRAP_TOKEN_USED -> refuse(request, BOOTSTRAP_TOKEN_USED);
      case SOURCE_NOT_ALLOWED -> refuse(request, SOURCE_ADDRESS_NOT_ALLOWED);
      case NOT_ACTIVE -> refuse(request, AGENT_NOT_ACTIVE);
      case UNAVAILABLE ->
          CompletableFuture.failedFuture(
              ProblemException.retryAfter(ErrorType.UNAVAILABLE, "Try again.", 1));
      case FAMILY_UNKNOWN, TOO_MANY_ISOLATIONS, SUPERSEDED ->
          throw new IllegalStateException("not a refusal of a bootstrap: " + why);
    };
  }

  private CompletionStage<Grant> refuse(TokenRequest request, ErrorType why) {
    return audit.refused(request, IdentityAudit.BOOTSTRAP, null, why);
  }
}
