package io.redoubt.enclave.link;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.approval.Voting;
import io.redoubt.connector.Connectors;
import io.redoubt.enclave.kill.KillSwitch;
import io.redoubt.enclave.operatorapi.OperatorTrust;
import io.redoubt.organization.Organizations;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.SealedBox;
import io.redoubt.protocol.link.SealedBoxes;
import io.redoubt.protocol.problem.TemporarilyUnavailable;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.protocol.text.PlainText;
import io.redoubt.provider.Providers;
import io.redoubt.singleton.SupersededException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.pekko.actor.typed.ActorRef;

/** Carries out what the control plane says. Doing so twice is the same as doing so once. */
final class CommandApplier {
  private final Agents agents;
  private final KillSwitch killSwitch;
  private final Organizations organizations;
  private final Providers providers;
  private final Connectors connectors;
  private final OperatorTrust trust;
  private final BundleIntake bundles;
  private final Voting voting;
  private final Disowning disowning;
  private final EnrolmentKey enrolment;

  /** The private half of the enrolment key. */
  interface EnrolmentKey {
    CompletionStage<byte[]> enrolmentKey();
  }

  CommandApplier(
      Agents agents,
      KillSwitch killSwitch,
      Organizations organizations,
      Providers providers,
      Connectors connectors,
      OperatorTrust trust,
      BundleIntake bundles,
      Voting voting,
      EnrolmentKey enrolment) {
    this.agents = agents;
    this.killSwitch = killSwitch;
    this.organizations = organizations;
    this.providers = providers;
    this.connectors = connectors;
    this.trust = trust;
    this.bundles = bundles;
    this.voting = voting;
    this.disowning = new Disowning(voting::disown);
    this.enrolment = enrolment;
  }

  private static final Pattern CHANNEL = Pattern.compile("[a-z][a-z-]{0,31}");

  /** How it ended, where it ended. */
  sealed interface Result {}

  record Applied() implements Result {}

  /** Applied, and this is the proof to be reported. */
  record Stopped(AgentKey agent, LinkReport.AgentStopped proof) implements Result {}

  /** Somebody's decision was handed in, and this is what became of it. */
  record Voted(LinkReport.ApprovalVoted answer) implements Result {}

  /** Never to be applied, whatever is tried. */
  record Rejected(String why) implements Result {}

  /** Set aside, and tried again beside the others. */
  record Waits() implements Result {}

  /** Not now; the same command again later. */
  static final class LaterException extends RuntimeException implements TemporarilyUnavailable {
    private static final long serialVersionUID = 1L;

    LaterException(String what) {
      super(what);
    }
  }

  /** Whether somebody relies on what runs being stopped: such a command is never given up. */
  static boolean stops(LinkCommand command) {
    return switch (command) {
      case LinkCommand.Isolate _, LinkCommand.Revoke _, LinkCommand.RevokeToken _ -> true;
      case LinkCommand.Decommission _ -> true;
      case LinkCommand.PutOrganization _,
          LinkCommand.PutAgent _,
          LinkCommand.OfferBootstrap _,
          LinkCommand.Release _,
          LinkCommand.PutProvider _,
          LinkCommand.DeleteProvider _,
          LinkCommand.PutConnector _,
          LinkCommand.DeleteConnector _,
          LinkCommand.PutOperatorTrust _,
          LinkCommand.BundlePublished _,
          LinkCommand.DecideApproval _ ->
          false;
    };
  }

  /** Fails where it is not known how it ended: the same command again, then. */
  CompletionStage<Result> apply(CommandEnvelope envelope) {
    OrganizationId organization = envelope.organizationId();
    return switch (envelope.command()) {
      case LinkCommand.PutOrganization it ->
          done(organizations.put(organization, it.organization()));
      case LinkCommand.PutAgent it ->
          tell(
              organization,
              it.agentId(),
              replyTo -> new Agent.Configure(it.agent(), envelope.number(), replyTo));
      case LinkCommand.OfferBootstrap it ->
          tell(
              organization,
              it.agentId(),
              replyTo ->
                  new Agent.OfferBootstrap(it.token(), it.expiresAt(), envelope.number(), replyTo));
      case LinkCommand.Isolate it ->
          stop(
              envelope,
              it.agentId(),
              killSwitch.isolate(
                  request(envelope, it.agentId(), it.reason(), it.by()), it.isolationId()));
      case LinkCommand.Release it -> release(envelope, it);
      case LinkCommand.Revoke it ->
          stop(
              envelope,
              it.agentId(),
              killSwitch.revoke(request(envelope, it.agentId(), it.reason(), it.by())));
      case LinkCommand.RevokeToken it -> revokeToken(envelope, it);
      case LinkCommand.Decommission it ->
          stop(
              envelope,
              it.agentId(),
              killSwitch.decommission(request(envelope, it.agentId(), it.reason(), it.by())));
      case LinkCommand.PutProvider it -> putProvider(envelope, it);
      case LinkCommand.DeleteProvider it ->
          done(providers.delete(organization, it.name(), it.version()));
      case LinkCommand.PutConnector it -> putConnector(envelope, it);
      case LinkCommand.DeleteConnector it ->
          done(connectors.delete(organization, it.name(), it.version()));
      case LinkCommand.PutOperatorTrust it -> done(believe(organization, it, envelope.number()));
      case LinkCommand.BundlePublished it -> bundles.take(organization, it);
      case LinkCommand.DecideApproval it -> decide(envelope, it);
    };
  }

  /** The same vote each time that the command comes. */
  private CompletionStage<Result> decide(CommandEnvelope envelope, LinkCommand.DecideApproval it) {
    if (it.approvalId() == null
        || it.decision() == null
        || it.by() == null
        || it.reason() == null
        || !PlainText.fits(it.reason(), Ballot.MAX_REASON)
        || (it.authenticationAge() != null && it.authenticationAge() < 0)
        || (it.through() != null && !CHANNEL.matcher(it.through()).matches())) {
      return CompletableFuture.completedFuture(new Rejected("the decision is incomplete"));
    }
    var organization = envelope.organizationId();
    var ballot =
        new Ballot(
                envelope.enclaveId() + "/" + envelope.number(),
                it.by(),
                it.through() == null ? "control-plane" : it.through(),
                it.decision(),
                it.reason())
            .authenticated(it.authenticationAge());
    var key = new ApprovalKey(organization, it.approvalId());
    if (it.withdrawn()) {
      return voting.withdrawn(key, ballot).thenApply(outcome -> voted(envelope, it, outcome));
    }
    return it.arguments() == null
        ? voting.cast(key, ballot).thenApply(outcome -> voted(envelope, it, outcome))
        : edit(envelope, it, key, ballot);
  }

  /** With other arguments, which nobody reads on the way here. */
  private CompletionStage<Result> edit(
      CommandEnvelope envelope, LinkCommand.DecideApproval it, ApprovalKey key, Ballot ballot) {
    var sealed = it.arguments();
    if (sealed == null || it.decision() != ApprovalView.Decision.APPROVE) {
      return CompletableFuture.completedFuture(new Rejected("a change that is no approval"));
    }
    byte[] purpose =
        LinkCommand.DecideApproval.purpose(
            envelope.enclaveId(), envelope.organizationId(), it.approvalId());
    return enrolment
        .enrolmentKey()
        .thenCompose(own -> {
          byte[] opened;
          try {
            opened = SealedBoxes.open(own, purpose, sealed);
          } catch (IllegalArgumentException _) {
            return CompletableFuture.completedFuture(
                new Rejected("the arguments do not open with this enclave's enrolment key"));
          }
          return voting
              .edit(key, ballot, opened)
              .thenApply(outcome -> voted(envelope, it, outcome));
        });
  }

  private static Result voted(
      CommandEnvelope envelope, LinkCommand.DecideApproval it, Voting.Outcome outcome) {
    return new Voted(
        new LinkReport.ApprovalVoted(
            envelope.organizationId(),
            it.approvalId(),
            envelope.number(),
            hearing(outcome),
            ApprovalWords.after(outcome),
            outcome instanceof Voting.NotEdited(var why, _) ? why : null));
  }

  private static LinkReport.Hearing hearing(Voting.Outcome outcome) {
    return switch (outcome) {
      case Voting.Heard _ -> LinkReport.Hearing.HEARD;
      case Voting.NotEdited _ -> LinkReport.Hearing.EDIT_REFUSED;
      case Voting.NotHeard(var why, var _) ->
          switch (why) {
            case UNKNOWN -> LinkReport.Hearing.UNKNOWN;
            case DECIDED -> LinkReport.Hearing.DECIDED;
            case NOT_ASKED -> LinkReport.Hearing.NOT_ASKED;
            case VOTED_BEFORE -> LinkReport.Hearing.VOTED_BEFORE;
            case NOT_FRESH -> LinkReport.Hearing.NOT_FRESH;
            case NOT_EDITABLE -> LinkReport.Hearing.EDIT_REFUSED;
            case NOT_GRANTED -> throw new IllegalStateException("not a refusal of a vote");
          };
    };
  }

  /** Nobody votes through a client any more that is gone, and what it said counts no more. */
  private CompletionStage<Void> believe(
      OrganizationId organization, LinkCommand.PutOperatorTrust said, long number) {
    return trust
        .losing(organization, said, number)
        .thenCompose(lost ->
            disowning.once(organization, lost, () -> trust.put(organization, said, number)));
  }

  private static CompletionStage<Result> done(CompletionStage<Void> work) {
    return work.thenApply(_ -> new Applied());
  }

  private CompletionStage<Result> tell(
      OrganizationId organization,
      AgentId agent,
      Function<ActorRef<Agent.Reply>, Agent.Command> command) {
    return agents
        .ask(new AgentKey(organization, agent), command)
        .thenApply(reply ->
            switch (reply) {
              case Agent.Done _ -> new Applied();
              case Agent.Refused(var why) -> refused(why);
              case Agent.Bootstrapped _,
                  Agent.RefreshAdmitted _,
                  Agent.Decided _,
                  Agent.Permitted _,
                  Agent.Denied _,
                  Agent.LifecycleChanged _,
                  Agent.Description _ ->
                  throw new IllegalStateException("not an answer to a command: " + reply);
            });
  }

  private CompletionStage<Result> release(CommandEnvelope envelope, LinkCommand.Release it) {
    if (it.isolationIds().isEmpty()) {
      // Lifting whatever stands now could undo an isolation made after this was asked (G3).
      return CompletableFuture.completedFuture(new Rejected("names no isolation"));
    }
    return stop(
        envelope,
        it.agentId(),
        killSwitch.release(
            request(envelope, it.agentId(), it.reason(), it.by()), it.isolationIds(), null));
  }

  private CompletionStage<Result> revokeToken(
      CommandEnvelope envelope, LinkCommand.RevokeToken it) {
    if (!AccessClaims.isJti(it.jti())) {
      return CompletableFuture.completedFuture(new Rejected("names no token"));
    }
    return stop(
        envelope,
        it.agentId(),
        killSwitch.revokeToken(request(envelope, it.agentId(), it.reason(), it.by()), it.jti()));
  }

  private static KillSwitch.Request request(
      CommandEnvelope envelope, AgentId agent, String reason, String by) {
    long number = envelope.number();
    var record = AuditId.ofCommand(envelope.enclaveId(), number, envelope.issuedAt());
    return new KillSwitch.Request(
        new AgentKey(envelope.organizationId(), agent),
        reason,
        by,
        null,
        new KillSwitch.Order(number, record));
  }

  private static CompletionStage<Result> stop(
      CommandEnvelope envelope, AgentId agent, CompletionStage<KillSwitch.Result> result) {
    return result.thenApply(ended ->
        switch (ended) {
          case KillSwitch.Enforced(var proof) ->
              new Stopped(
                  new AgentKey(envelope.organizationId(), agent),
                  new LinkReport.AgentStopped(
                      envelope.organizationId(), agent, envelope.number(), proof));
          case KillSwitch.Lifted _ -> new Rejected("isolation-lifted");
          case KillSwitch.UnknownIsolation _ -> new Rejected("isolation-unknown");
          case KillSwitch.Refused(var why) -> refused(why);
        });
  }

  private static Result refused(Agent.Refusal why) {
    if (why == Agent.Refusal.SUPERSEDED) {
      throw new SupersededException("a later command has been applied by another node");
    }
    if (why == Agent.Refusal.UNAVAILABLE) {
      throw new LaterException("the agent's guard cannot be reached");
    }
    return new Rejected(why.name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  private CompletionStage<Result> putProvider(
      CommandEnvelope envelope, LinkCommand.PutProvider it) {
    String purpose =
        envelope.enclaveId() + "/" + envelope.organizationId() + "/" + it.provider().name();
    return withSecret(
        purpose.getBytes(StandardCharsets.UTF_8),
        it.sealedKey(),
        key -> providers.put(envelope.organizationId(), it.provider(), key));
  }

  private CompletionStage<Result> putConnector(
      CommandEnvelope envelope, LinkCommand.PutConnector it) {
    var organization = envelope.organizationId();
    var connector = it.connector();
    if ((it.sealedSecret() == null) != (connector.credential() == null)) {
      return CompletableFuture.completedFuture(
          new Rejected("a secret and how it is presented come together"));
    }
    return it.sealedSecret() == null
        ? done(connectors.put(organization, connector, null))
        : withSecret(
            LinkCommand.PutConnector.purpose(envelope.enclaveId(), organization, connector.name()),
            it.sealedSecret(),
            secret -> connectors.put(organization, connector, secret));
  }

  /** A secret is in plain text from here until it is sealed anew (G6). */
  private CompletionStage<Result> withSecret(
      byte[] purpose, SealedBox sealed, Function<Secret, CompletionStage<Void>> work) {
    return enrolment
        .enrolmentKey()
        .thenCompose(key -> {
          byte[] opened;
          try {
            opened = SealedBoxes.open(key, purpose, sealed);
          } catch (IllegalArgumentException _) {
            return CompletableFuture.completedFuture(
                new Rejected("the sealed key does not open with this enclave's enrolment key"));
          }
          var secret = Secret.of(new String(opened, StandardCharsets.UTF_8));
          Arrays.fill(opened, (byte) 0);
          return done(work.apply(secret));
        });
  }
}
