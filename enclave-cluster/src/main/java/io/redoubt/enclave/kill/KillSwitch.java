package io.redoubt.enclave.kill;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.audit.AuditLog;
import io.redoubt.enclave.identity.AccessTokenIssuer;
import io.redoubt.family.FamilyKey;
import io.redoubt.family.TokenFamilies;
import io.redoubt.family.TokenFamily;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.ReleaseId;
import io.redoubt.protocol.link.Acknowledgement;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.revocation.Revocation;
import io.redoubt.revocation.Revocations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops an agent and lets it go again, whoever asks: the control plane over the link or an operator
 * at this enclave. The agent's own answer comes first, since from then on nothing new is permitted;
 * then every node cuts what is under way; the record is durable; only then the caller hears (G3).
 */
public final class KillSwitch {
  private static final Logger LOG = LoggerFactory.getLogger(KillSwitch.class);
  private static final String COMPUTE = "unmanaged";

  /**
   * Who asks, and where it is recorded.
   *
   * @param order null: nobody but an operator at this enclave wants it
   */
  public record Request(
      AgentKey agent, String reason, String by, @Nullable String traceId, @Nullable Order order) {

    private @Nullable Long number() {
      return order == null ? null : order.number();
    }
  }

  /**
   * What the control plane ordered.
   *
   * @param number in its log
   * @param record of its being carried out: one, however often it is
   */
  public record Order(long number, AuditId record) {}

  /** What agents have asked people for. */
  @FunctionalInterface
  public interface Requests {
    /** Ends what the agent has asked for. No grant of it is good any more, even if this fails. */
    CompletionStage<Void> cancelAll(AgentKey agent, String why, String by);
  }

  /** How it ended. */
  public sealed interface Result {}

  /** Carried out, on every node named in the proof. */
  public record Enforced(Acknowledgement proof) implements Result {}

  /** Not carried out. */
  public record Refused(Agent.Refusal why) implements Result {}

  /** A repeat of an isolation that somebody has lifted since. */
  public record Lifted(IsolationId isolation) implements Result {}

  /** A release that names an isolation which is not known of the agent; it lifts none. */
  public record UnknownIsolation() implements Result {}

  private final Agents agents;
  private final TokenFamilies families;
  private final Revocations revocations;
  private final Requests requests;
  private final AuditLog audit;
  private final ActorRef<Enforcement.Command> enforcement;
  private final ActorSystem<?> system;
  private final Duration limit;
  private final EnclaveId enclave;
  private final String node;
  private final Clock clock;

  public KillSwitch(
      Agents agents,
      TokenFamilies families,
      Revocations revocations,
      Requests requests,
      AuditLog audit,
      ActorRef<Enforcement.Command> enforcement,
      ActorSystem<?> system,
      Duration limit,
      EnclaveId enclave,
      String node,
      Clock clock) {
    this.agents = agents;
    this.families = families;
    this.revocations = revocations;
    this.requests = requests;
    this.audit = audit;
    this.enforcement = enforcement;
    this.system = system;
    this.limit = limit;
    this.enclave = enclave;
    this.node = node;
    this.clock = clock;
  }

  public CompletionStage<Result> isolate(Request request, IsolationId id) {
    return stop(
        request,
        "agent:isolate",
        replyTo -> new Agent.Isolate(id, request.reason(), request.by(), request.number(), replyTo),
        id);
  }

  /**
   * Lifts isolations: all that are named, or none.
   *
   * @param ids those to lift; empty: those that stand now
   * @param once repeats of it lift nothing more; null: each time is the first
   */
  public CompletionStage<Result> release(
      Request request, Set<IsolationId> ids, @Nullable ReleaseId once) {
    return agents
        .ask(
            request.agent(),
            replyTo ->
                new Agent.Release(
                    ids, once, request.reason(), request.by(), request.number(), replyTo))
        .thenCompose(reply ->
            reply instanceof Agent.LifecycleChanged change && !change.concerned().containsAll(ids)
                ? CompletableFuture.<Result>completedFuture(new UnknownIsolation())
                : enforce(request, "agent:release", reply, null));
  }

  /** Ends every family of the agent. */
  public CompletionStage<Result> revoke(Request request) {
    return stop(
        request,
        "agent:revoke",
        replyTo -> new Agent.Revoke(request.reason(), request.by(), request.number(), replyTo),
        null);
  }

  /**
   * Ends one access token, and what runs on it. The agent's family goes on: the next rotation gives
   * it another one, and a repeated one gives this one again, which is as dead.
   *
   * @param jti of the token
   */
  public CompletionStage<Result> revokeToken(Request request, String jti) {
    var token =
        new Revocation.OfToken(
            request.agent().organization(),
            jti,
            clock.instant().plus(AccessTokenIssuer.REVOCATION_SPAN));
    return agents
        .ask(request.agent(), Agent.Describe::new)
        .thenCompose(reply ->
            switch (reply) {
              case Agent.Description it -> withdraw(request, token, it.spec());
              case Agent.Refused(var why) -> CompletableFuture.completedFuture(new Refused(why));
              case Agent.Done _,
                  Agent.Bootstrapped _,
                  Agent.RefreshAdmitted _,
                  Agent.Decided _,
                  Agent.Permitted _,
                  Agent.Denied _,
                  Agent.LifecycleChanged _ ->
                  throw new IllegalStateException("not a description: " + reply);
            })
        .whenComplete((result, failure) -> {
          if (failure != null || isUnavailable(result)) {
            LOG.warn("{}: the end of a token is not complete; refusing it", request.agent());
            tellAll(replyTo -> new Enforcement.TellAll(request.agent(), true, token, replyTo))
                .exceptionally(_ -> List.of());
            revocations
                .revoke(token)
                .exceptionally(away -> {
                  LOG.warn("{}: the end of a token is not kept", request.agent(), away);
                  return null;
                });
          }
        });
  }

  private CompletionStage<Result> withdraw(
      Request request, Revocation.OfToken token, AgentSpec spec) {
    // Every node is asked before any hears of it otherwise, so that each counts what it cut.
    return tellAll(replyTo -> new Enforcement.TellAll(request.agent(), true, token, replyTo))
        .handle((nodes, failure) ->
            revocations
                .revoke(token)
                .thenCompose(_ ->
                    failure == null
                        ? conclude(request, "agent:revoke-token", spec, null, token.jti(), nodes)
                        : CompletableFuture.<Result>failedFuture(failure)))
        .thenCompose(result -> result);
  }

  /** Ends the agent for ever. */
  public CompletionStage<Result> decommission(Request request) {
    return stop(
        request,
        "agent:decommission",
        replyTo ->
            new Agent.Decommission(request.reason(), request.by(), request.number(), replyTo),
        null);
  }

  private CompletionStage<Result> stop(
      Request request,
      String operation,
      Function<ActorRef<Agent.Reply>, Agent.Command> command,
      @Nullable IsolationId isolation) {
    return agents
        .ask(request.agent(), command)
        .thenCompose(reply -> enforce(request, operation, reply, isolation))
        .whenComplete((result, failure) -> {
          if (failure != null || isUnavailable(result)) {
            // Without the database nothing new is permitted anyway; what is under way can and
            // should be cut although nobody can promise yet that the stop is durable.
            LOG.warn("{} of {} is not complete; cutting its streams", operation, request.agent());
            tellAll(replyTo -> new Enforcement.TellAll(request.agent(), true, replyTo))
                .exceptionally(_ -> List.of());
          }
        });
  }

  private static boolean isUnavailable(Result result) {
    return result instanceof Refused(var why) && why == Agent.Refusal.UNAVAILABLE;
  }

  private CompletionStage<Result> enforce(
      Request request, String operation, Agent.Reply reply, @Nullable IsolationId isolation) {
    return switch (reply) {
      // A repeat of an isolation that was lifted since: no proof that it is stopped would be true.
      case Agent.LifecycleChanged change
          when isolation != null && !change.isolations().contains(isolation) ->
          CompletableFuture.completedFuture(new Lifted(isolation));
      case Agent.LifecycleChanged change -> {
        if (isStopped(change)) {
          cancelRequests(request);
        }
        // The agent permits nothing from here on. Every node is asked before any hears of its
        // families otherwise, so that each counts what it cut.
        yield tellAll(
                replyTo -> new Enforcement.TellAll(request.agent(), isStopped(change), replyTo))
            .handle((nodes, failure) ->
                endFamilies(request.agent(), change)
                    .thenCompose(_ ->
                        failure == null
                            ? conclude(
                                request,
                                operation,
                                change.spec(),
                                isolation,
                                isolation == null ? null : isolation.toString(),
                                nodes)
                            : CompletableFuture.<Result>failedFuture(failure)))
            .thenCompose(result -> result);
      }
      case Agent.Refused(var why) -> CompletableFuture.completedFuture(new Refused(why));
      case Agent.Done _,
          Agent.Bootstrapped _,
          Agent.RefreshAdmitted _,
          Agent.Decided _,
          Agent.Permitted _,
          Agent.Denied _,
          Agent.Description _ ->
          throw new IllegalStateException("not an answer to " + operation + ": " + reply);
    };
  }

  /**
   * Nobody waits for it: what it does is to spare people a decision about nothing. Where this node
   * dies before it is done, whoever wakes approvals does it.
   */
  private void cancelRequests(Request request) {
    var _ =
        requests
            .cancelAll(request.agent(), "the agent was stopped", request.by())
            .exceptionally(failure -> {
              LOG.warn(
                  "What {} asked approval for stays open: {}", request.agent(), failure.toString());
              return null;
            });
  }

  /** A release may leave other isolations standing, and a late isolate may find itself lifted. */
  private static boolean isStopped(Agent.LifecycleChanged change) {
    return change.status().isStopped();
  }

  /** Revoke and decommission name the families that end with them; the others name none. */
  private CompletionStage<Void> endFamilies(AgentKey agent, Agent.LifecycleChanged change) {
    var forgetAt = clock.instant().plus(AccessTokenIssuer.REVOCATION_SPAN);
    var ends =
        change.families().stream()
            .map(family -> endFamily(agent, family, change, forgetAt).toCompletableFuture())
            .toArray(CompletableFuture[]::new);
    return CompletableFuture.allOf(ends);
  }

  private CompletionStage<Void> endFamily(
      AgentKey agent, FamilyId family, Agent.LifecycleChanged change, Instant forgetAt) {
    var key = new FamilyKey(agent.organization(), family);
    return revocations
        .revoke(new Revocation.OfFamily(agent.organization(), family, forgetAt))
        .thenCompose(_ ->
            families.ask(key, replyTo -> new TokenFamily.Revoke(change.status().wire(), replyTo)))
        .thenApply(_ -> null);
  }

  private CompletionStage<List<Acknowledgement.NodeProof>> tellAll(
      Function<ActorRef<Enforcement.Proofs>, Enforcement.Command> question) {
    // The collector keeps the limit itself; the margin is for a busy machine.
    return AskPattern.<Enforcement.Command, Enforcement.Proofs>ask(
            enforcement, question::apply, limit.plusSeconds(2), system.scheduler())
        .thenApply(Enforcement.Proofs::nodes);
  }

  private CompletionStage<Result> conclude(
      Request request,
      String operation,
      @Nullable AgentSpec spec,
      @Nullable IsolationId isolation,
      @Nullable String resource,
      List<Acknowledgement.NodeProof> nodes) {
    var now = clock.instant();
    var proof = new Acknowledgement(isolation, now, nodes, COMPUTE);
    var order = request.order();
    var builder =
        new AuditBuilder(
                order == null ? AuditId.next(clock) : order.record(),
                now,
                request.agent().organization(),
                Plane.LIFECYCLE,
                operation,
                Verdict.PERMIT)
            .agent(request.agent().agent(), spec == null ? null : spec.owner())
            .byOperator(request.by())
            .at(enclave, node)
            .resource(resource)
            .outcome(new Outcome(Outcome.Status.SUCCEEDED, 0, null, null))
            .trace(request.traceId())
            .detail(request.reason());
    return audit.record(builder.build()).thenApply(_ -> new Enforced(proof));
  }
}
