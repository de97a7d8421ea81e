package io.redoubt.proxy.decide;

import io.redoubt.agent.Agent;
import io.redoubt.audit.AuditLog;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.proxy.authenticate.AuthenticatedAgent;
import io.redoubt.proxy.authenticate.Authentication;
import io.redoubt.proxy.authenticate.AuthenticationFailure;
import io.redoubt.proxy.authenticate.Authenticator;
import io.redoubt.proxy.stream.LiveStream;
import io.redoubt.proxy.stream.LiveStreams;
import io.redoubt.proxy.stream.Registration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/** The steps to a permit that are alike on every plane; each fails with {@link Refusal.Raised}. */
public final class Permits {
  private Permits() {}

  /** Whoever is believed to call. */
  public static AuthenticatedAgent believed(GovernedCall call, Authentication result) {
    return switch (result) {
      case AuthenticatedAgent agent -> {
        call.isBy(agent.claims());
        yield agent;
      }
      case Authentication.Refused refused -> {
        if (refused.claims() != null) {
          call.isBy(refused.claims());
        }
        throw new Refusal.Raised(Refusal.of(refused.why()));
      }
    };
  }

  /**
   * Registers what is about to be decided. What was revoked since the token was looked at, while
   * the body came in, has cut what was under way by then; from the registration on, a cut is seen.
   */
  public static LiveStream registered(
      GovernedCall call,
      AuthenticatedAgent agent,
      LiveStreams streams,
      Authenticator authenticator) {
    var claims = agent.claims();
    var stream =
        switch (streams.register(agent.key(), claims.family(), claims.jti())) {
          case LiveStream registered -> registered;
          case Registration.Full.AGENT -> throw new Refusal.Raised(Refusal.TOO_MANY_STREAMS);
          case Registration.Full.NODE -> throw new Refusal.Raised(Refusal.OVERLOADED);
        };
    call.runsAs(stream);
    if (!authenticator.honours(claims)) {
      throw new Refusal.Raised(Refusal.of(AuthenticationFailure.TOKEN_REVOKED));
    }
    return stream;
  }

  /** What came of asking for an approval. */
  public static Agent.Reply approved(GovernedCall call, ApprovalGate.Outcome outcome) {
    return switch (outcome) {
      case ApprovalGate.Passed(var permitted, var approval, _) -> {
        call.isUpTo(approval);
        yield permitted;
      }
      case ApprovalGate.Held held -> {
        call.isUpTo(held.approval());
        call.isReplacedBy(held.replacement());
        call.isJudged(held.judgement());
        call.keeps(held.reserved());
        throw new Refusal.Raised(held.why(), held.shortage());
      }
    };
  }

  /** The permit of the agent's actor. */
  public static Agent.Permitted permitted(GovernedCall call, Agent.Reply reply) {
    return switch (reply) {
      case Agent.Permitted permitted -> {
        call.isOf(permitted.spec());
        call.keeps(permitted.reserved());
        call.isJudged(permitted.judgement());
        if (permitted.judgement() == null) {
          throw new Refusal.Raised(Refusal.POLICIES_UNKNOWN);
        }
        yield permitted;
      }
      case Agent.Denied denied -> {
        call.isOf(denied.spec());
        call.isJudged(denied.judgement());
        throw new Refusal.Raised(Refusal.of(denied.why()), denied.shortage());
      }
      case Agent.Refused(var why) when why == Agent.Refusal.UNKNOWN_AGENT ->
          throw new Refusal.Raised(Refusal.AGENT_NOT_ACTIVE);
      case Agent.Refused _ -> throw new Refusal.Raised(Refusal.UNAVAILABLE);
      case Agent.Done _,
          Agent.Bootstrapped _,
          Agent.RefreshAdmitted _,
          Agent.Decided _,
          Agent.LifecycleChanged _,
          Agent.Description _ ->
          throw new IllegalStateException("no answer to a question for a verdict: " + reply);
    };
  }

  /**
   * The permit itself (G4): the intent is durable, under the fence that the decision saw.
   *
   * @param raised whether each new incarnation of the agent raises its fence; its next answer then
   *     says why an old one is none
   */
  public static CompletionStage<Void> recorded(
      GovernedCall call, AuditLog audit, AuditRecord intent, long fence, BooleanSupplier raised) {
    return audit
        .permit(intent, fence)
        .exceptionallyCompose(failure -> {
          call.isInDoubt();
          return unavailable(failure);
        })
        .thenAccept(permit -> {
          if (permit == AuditLog.Permit.FENCED) {
            throw new Refusal.Raised(Refusal.fenced(raised.getAsBoolean()));
          }
          call.isPermitted();
        });
  }

  /** Nobody can say what it was decided, or whether that is on record. */
  public static <T> CompletionStage<T> unavailable(Throwable failure) {
    Causes.log("A call could not be decided and recorded", failure);
    return CompletableFuture.failedFuture(new Refusal.Raised(Refusal.UNAVAILABLE));
  }
}
