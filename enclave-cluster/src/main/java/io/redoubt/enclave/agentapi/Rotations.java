package io.redoubt.enclave.agentapi;

import static io.redoubt.protocol.problem.ErrorType.AGENT_NOT_ACTIVE;
import static io.redoubt.protocol.problem.ErrorType.INVALID_REQUEST;
import static io.redoubt.protocol.problem.ErrorType.PROOF_OF_POSSESSION_INVALID;
import static io.redoubt.protocol.problem.ErrorType.REFRESH_TOKEN_INVALID;
import static io.redoubt.protocol.problem.ErrorType.REFRESH_TOKEN_REPLAYED;
import static io.redoubt.protocol.problem.ErrorType.SOURCE_ADDRESS_NOT_ALLOWED;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.enclave.agentapi.Grant.Successor;
import io.redoubt.enclave.identity.AccessTokenIssuer;
import io.redoubt.entity.Patience;
import io.redoubt.family.TokenFamilies;
import io.redoubt.family.TokenFamily;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.revocation.Revocation;
import io.redoubt.revocation.Revocations;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Spends a refresh token for its successor (G1, G2): the agent admits, the family rotates, the
 * record is durable, the access token is signed.
 */
final class Rotations {
  private final Agents agents;
  private final TokenFamilies families;
  private final Revocations revocations;
  private final AccessTokenIssuer issuer;
  private final IdentityAudit audit;
  private final Consumer<InetAddress> strangers;
  private final Consumer<AgentKey> goesOn;
  private final Patience patience;
  private final Clock clock;

  /**
   * Rotations.
   *
   * @param strangers hears of every source that presents a token nobody here knows
   * @param goesOn hears of every agent that rotated
   */
  Rotations(
      Agents agents,
      TokenFamilies families,
      Revocations revocations,
      AccessTokenIssuer issuer,
      IdentityAudit audit,
      Consumer<InetAddress> strangers,
      Consumer<AgentKey> goesOn,
      Patience patience,
      Clock clock) {
    this.agents = agents;
    this.families = families;
    this.revocations = revocations;
    this.issuer = issuer;
    this.audit = audit;
    this.strangers = strangers;
    this.goesOn = goesOn;
    this.patience = patience;
    this.clock = clock;
  }

  CompletionStage<Grant> rotate(TokenRequest request) {
    return agents
        .ask(
            request.agent(),
            replyTo -> new Agent.AdmitRefresh(request.family().family(), request.source(), replyTo))
        .thenCompose(reply ->
            switch (reply) {
              case Agent.RefreshAdmitted(var spec) -> spend(request, spec);
              case Agent.Refused(var why) -> notAdmitted(request, why);
              case Agent.Done _,
                  Agent.Bootstrapped _,
                  Agent.Permitted _,
                  Agent.Decided _,
                  Agent.Denied _,
                  Agent.LifecycleChanged _,
                  Agent.Description _ ->
                  throw new IllegalStateException("not an answer to a refresh: " + reply);
            });
  }

  private CompletionStage<Grant> spend(TokenRequest request, AgentSpec spec) {
    Successor next = Successor.of(request);
    Instant now = clock.instant();
    return families
        .ask(
            request.family(),
            replyTo ->
                new TokenFamily.Rotate(
                    request.agent().agent(),
                    request.presented().digest(),
                    next.digest(),
                    request.commitment() != null,
                    now.plus(Grant.REFRESH_LIFETIME),
                    TokenIds.next(clock),
                    Grant.accessExpiry(now),
                    request.jkt(),
                    patience.ends(),
                    replyTo))
        .thenCompose(reply ->
            switch (reply) {
              case TokenFamily.Rotated rotated -> grant(request, spec, next, rotated);
              case TokenFamily.Replayed(var accessExpiresAt) ->
                  replayed(request, spec, accessExpiresAt);
              case TokenFamily.Refused(var why) -> notRotated(request, spec, why);
              case TokenFamily.Opened _, TokenFamily.Revoked _, TokenFamily.Stands _ ->
                  throw new IllegalStateException("not an answer to a rotation: " + reply);
            });
  }

  /** An isolated agent's token waits; a spent one that is shown meanwhile is a replay (G2). */
  private CompletionStage<Grant> examine(TokenRequest request) {
    return families
        .ask(
            request.family(),
            replyTo ->
                new TokenFamily.Examine(
                    request.agent().agent(),
                    request.presented().digest(),
                    request.commitment(),
                    request.jkt(),
                    patience.ends(),
                    replyTo))
        .thenCompose(reply ->
            switch (reply) {
              case TokenFamily.Replayed(var accessExpiresAt) ->
                  replayed(request, null, accessExpiresAt);
              case TokenFamily.Refused(var why) when why == TokenFamily.Refusal.REVOKED ->
                  notRotated(request, null, why);
              case TokenFamily.Stands _, TokenFamily.Refused _ ->
                  refuse(request, null, AGENT_NOT_ACTIVE);
              case TokenFamily.Rotated _, TokenFamily.Opened _, TokenFamily.Revoked _ ->
                  throw new IllegalStateException("not an answer to an examination: " + reply);
            });
  }

  private CompletionStage<Grant> grant(
      TokenRequest request, AgentSpec spec, Successor next, TokenFamily.Rotated rotated) {
    var recorded = audit.granted(request, IdentityAudit.REFRESH, spec, rotated.repeated());
    goesOn.accept(request.agent());
    // Signed while the record is on its way to disk; handed out only when it is there.
    String accessToken =
        issuer.issue(
            request.agent(),
            request.family().family(),
            rotated.jti(),
            rotated.accessExpiresAt(),
            spec.clientCidr(),
            rotated.jkt());
    return recorded.thenApply(_ ->
        new Grant(
            request.agent(),
            Secret.of(accessToken),
            rotated.accessExpiresAt(),
            rotated.jkt() != null,
            next.token(),
            rotated.repeated()));
  }

  /** A spent token came back: thief and owner look alike, so neither keeps the family. */
  private CompletionStage<Grant> replayed(
      TokenRequest request, @Nullable AgentSpec spec, Instant accessExpiresAt) {
    return revokeAccess(request, accessExpiresAt)
        .thenCompose(
            _ -> audit.refused(request, IdentityAudit.REPLAY, spec, REFRESH_TOKEN_REPLAYED));
  }

  private CompletionStage<Void> revokeAccess(TokenRequest request, Instant accessExpiresAt) {
    var margin = AccessTokenIssuer.REVOCATION_SPAN.minus(AccessTokenIssuer.LIFETIME);
    return revocations.revoke(
        new Revocation.OfFamily(
            request.family().organization(),
            request.family().family(),
            accessExpiresAt.plus(margin)));
  }

  private CompletionStage<Grant> notRotated(
      TokenRequest request, @Nullable AgentSpec spec, TokenFamily.Refusal why) {
    return switch (why) {
      case UNKNOWN -> {
        strangers.accept(request.source());
        yield refuse(request, spec, REFRESH_TOKEN_INVALID);
      }
      case EXPIRED -> refuse(request, spec, REFRESH_TOKEN_INVALID);
      case SUCCESSOR_NOT_FRESH ->
          audit
              .refusal(request, IdentityAudit.REFRESH, spec, INVALID_REQUEST)
              .thenCompose(_ ->
                  CompletableFuture.failedFuture(
                      ProblemException.invalid(
                          "/next_refresh_token_digest",
                          "is the digest of a token that is or was in use")));
      case REVOKED ->
          // Said again: the node that detected the replay may have died before it told the others.
          revokeAccess(request, Grant.accessExpiry(clock.instant()))
              .thenCompose(_ -> refuse(request, spec, REFRESH_TOKEN_INVALID));
      case PROOF_INVALID -> refuse(request, spec, PROOF_OF_POSSESSION_INVALID);
      case ALREADY_OPEN -> throw new IllegalStateException("not a refusal of a rotation: " + why);
    };
  }

  private CompletionStage<Grant> notAdmitted(TokenRequest request, Agent.Refusal why) {
    return switch (why) {
      case UNKNOWN_AGENT -> {
        strangers.accept(request.source());
        yield CompletableFuture.failedFuture(ProblemException.of(REFRESH_TOKEN_INVALID));
      }
      case FAMILY_UNKNOWN -> {
        strangers.accept(request.source());
        yield refuse(request, null, REFRESH_TOKEN_INVALID);
      }
      case SOURCE_NOT_ALLOWED -> refuse(request, null, SOURCE_ADDRESS_NOT_ALLOWED);
      case NOT_ACTIVE -> examine(request);
      case UNAVAILABLE ->
          CompletableFuture.failedFuture(
              ProblemException.retryAfter(ErrorType.UNAVAILABLE, "Try again.", 1));
      case BOOTSTRAP_TOKEN_INVALID, BOOTSTRAP_TOKEN_USED, TOO_MANY_ISOLATIONS, SUPERSEDED ->
          throw new IllegalStateException("not a refusal of a refresh: " + why);
    };
  }

  private CompletionStage<Grant> refuse(
      TokenRequest request, @Nullable AgentSpec spec, ErrorType why) {
    return audit.refused(request, IdentityAudit.REFRESH, spec, why);
  }
}
