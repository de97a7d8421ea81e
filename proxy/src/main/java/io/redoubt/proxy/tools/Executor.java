package io.redoubt.proxy.tools;

import io.redoubt.action.Arguments;
import io.redoubt.agent.Agent;
import io.redoubt.agent.Judgement;
import io.redoubt.approval.ApprovalRequest;
import io.redoubt.approval.ShownPrompt;
import io.redoubt.connector.Connectors;
import io.redoubt.content.ContentRules;
import io.redoubt.http.Requests;
import io.redoubt.link.Freshness;
import io.redoubt.policy.Policies;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.proxy.authenticate.AuthenticatedAgent;
import io.redoubt.proxy.authenticate.Authenticator;
import io.redoubt.proxy.decide.ApprovalGate;
import io.redoubt.proxy.decide.BodyMemory;
import io.redoubt.proxy.decide.Causes;
import io.redoubt.proxy.decide.ContentInForce;
import io.redoubt.proxy.decide.DecidedContents;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.Permits;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.stream.LiveStream;
import io.redoubt.proxy.stream.LiveStreams;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The way of an operation to its permit (decision 3): authenticate, read, register, inspect,
 * decide, have it approved, record. Ends with the intent in the log, or with a {@link
 * Refusal.Raised} or a {@link io.redoubt.protocol.problem.ProblemException}.
 */
final class Executor {
  /** Nobody has heard the control plane for longer than the window, and it was permitted. */
  private static final String CONTINUED = "control-plane-away";

  /**
   * An act that may be done.
   *
   * @param said what it is asked for with
   */
  record Permitted(
      AuthenticatedAgent agent,
      ByteString said,
      Invocation invocation,
      LiveStream stream,
      ContentInForce content) {}

  /**
   * An act that is asked for.
   *
   * @param by what it was inspected by
   */
  private record Question(
      Execution call, AuthenticatedAgent agent, LiveStream stream, Act act, Policies.Contents by)
      implements ApprovalGate.Editable {
    OrganizationId organization() {
      return agent.claims().organization();
    }

    @Override
    public String digest() {
      return act.digest();
    }

    @Override
    public ApprovalView.@Nullable Edit edit() {
      return act.edit();
    }
  }

  /** What is said to an act, which may be another than was asked for. */
  private record Said(Question question, Agent.Reply reply) {}

  private final NodeIdentity node;
  private final Authenticator authenticator;
  private final LiveStreams streams;
  private final ToolsConfig config;
  private final ToolPorts ports;
  private final BodyMemory room;
  private final Refused refused;
  private final ApprovalGate approvals;
  private final DecidedContents contents;

  Executor(
      NodeIdentity node,
      Authenticator authenticator,
      LiveStreams streams,
      ToolsConfig config,
      ToolPorts ports,
      BodyMemory room,
      Refused refused) {
    this.node = node;
    this.authenticator = authenticator;
    this.streams = streams;
    this.config = config;
    this.ports = ports;
    this.room = room;
    this.refused = refused;
    this.approvals = new ApprovalGate(ports.agents(), ports.approvals(), ports.patience());
    this.contents = new DecidedContents(ports.policies());
  }

  CompletionStage<Permitted> admit(Execution call) {
    if (!ports.lease().held()) {
      return CompletableFuture.failedFuture(new Refusal.Raised(Refusal.OUT_OF_SERVICE));
    }
    return authenticator
        .authenticate(call.request(), call.source())
        .thenCompose(result -> {
          var agent = Permits.believed(call, result);
          return call.body()
              .read(agent.claims())
              .thenCompose(body -> {
                call.carries(body);
                return decide(question(call, agent, body));
              });
        });
  }

  private Question question(Execution call, AuthenticatedAgent agent, ByteString body) {
    var request = ExecuteRequest.read(body);
    call.asksFor(request);
    var connector =
        ports
            .connectors()
            .find(agent.claims().organization(), request.connector())
            .orElseThrow(() -> new Refusal.Raised(Refusal.CONNECTOR_UNKNOWN));
    var operation =
        connector
            .operation(request.operation())
            .orElseThrow(() -> new Refusal.Raised(Refusal.OPERATION_UNKNOWN));
    var invocation = Invocation.of(connector, operation, request);
    call.comesTo(invocation);
    var stream = Permits.registered(call, agent, streams, authenticator);
    var by = ports.policies().contents(agent.claims().organization());
    var found = inspected(request, by.rules());
    call.holds(found);
    var act = new Act(call.action(), body, request, invocation, found, null);
    return new Question(call, agent, stream, act, by);
  }

  private CompletionStage<Permitted> decide(Question asked) {
    var call = asked.call;
    return ports
        .agents()
        .ask(
            asked.agent.key(),
            replyTo ->
                new Agent.Decide(
                    asked.act.action(call.source()),
                    asked.agent.claims().family(),
                    ports.patience().ends(),
                    replyTo))
        .exceptionallyCompose(failure -> Permits.unavailable(failure))
        .thenCompose(reply -> approved(asked, reply))
        .thenCompose(said -> {
          var question = said.question;
          var permitted = Permits.permitted(call, said.reply);
          return preparedFor(question, permitted)
              .thenCompose(content -> record(question, permitted, content));
        });
  }

  /**
   * What was pointed elsewhere, or deleted, while people took their time, is not asked any more.
   */
  static void requireUnchanged(
      Connectors connectors, AuthenticatedAgent agent, Invocation invocation) {
    var spec = invocation.connector();
    if (connectors
        .find(agent.claims().organization(), spec.name())
        .filter(spec::equals)
        .isEmpty()) {
      throw new Refusal.Raised(Refusal.SETTINGS_CHANGED);
    }
  }

  private Inspected inspected(ExecuteRequest request, ContentRules rules) {
    return request.inspected(Inspector.of(rules.patterns()), config.inspection().limits());
  }

  /** What is said to it once those who are to approve it have been asked. */
  private CompletionStage<Said> approved(Question question, Agent.Reply reply) {
    var call = question.call;
    if (!(reply instanceof Agent.Denied(var why, var spec, var judgement, _))
        || why != Agent.Denial.APPROVAL_NEEDED
        || spec == null
        || judgement == null
        || !ApprovalGate.opensFor(judgement)
        || standing(question) == Freshness.Standing.FROZEN) {
      return CompletableFuture.completedFuture(new Said(question, reply));
    }
    call.isOf(spec);
    call.isJudged(judgement);
    return approvals
        .pass(plea(question, spec, judgement))
        .thenCompose(outcome ->
            outcome.edited() instanceof Question instead
                ? replaced(question, instead).thenApply(other -> said(other, outcome))
                : CompletableFuture.completedStage(said(question, outcome)));
  }

  private static Said said(Question question, ApprovalGate.Outcome outcome) {
    return new Said(question, Permits.approved(question.call, outcome));
  }

  /** Both are on record: the one that never is done, and what becomes of the one in its place. */
  private CompletionStage<Question> replaced(Question question, Question instead) {
    question.call.isUpTo(Objects.requireNonNull(instead.edit(), "the agent's own").approval());
    return refused
        .replaced(question.call)
        .thenApply(_ -> {
          question.call.goesOnAs(instead.act, ports.patience().clock().instant());
          return instead;
        });
  }

  private ApprovalGate.Plea plea(Question question, AgentSpec spec, Judgement judgement) {
    var call = question.call;
    var act = question.act;
    return new ApprovalGate.Plea(
        question.agent.key(),
        question.agent.claims().family(),
        act.action(call.source()),
        spec,
        judgement,
        null,
        call.trace().traceId(),
        act.request().shown(),
        ShownPrompt.NONE,
        Requests.preferredWait(call.request(), config.longestWait()).orElse(Duration.ZERO),
        call::isWanted,
        permitted -> objection(question, permitted),
        new ApprovalGate.Editing(
            ApprovalRequest.Form.OBJECT,
            question,
            (edit, instead) -> plea(changed(question, edit, instead), spec, judgement)));
  }

  /** People took their time: it is looked at as is done now. */
  private Question changed(Question question, ApprovalView.Edit edit, Arguments instead) {
    var invocation = question.act.invocation();
    requireUnchanged(ports.connectors(), question.agent, invocation);
    var now = ports.policies().contents(question.organization());
    var act =
        Act.changed(
            ActionId.next(ports.patience().clock()),
            invocation.connector(),
            invocation.operation(),
            instead.values(),
            request -> inspected(request, now.rules()),
            edit);
    return new Question(question.call, question.agent, question.stream, act, now);
  }

  /** Why it would not be done although it is permitted: then its grant is not spent. */
  private CompletionStage<Optional<Refusal>> objection(
      Question question, Agent.Permitted permitted) {
    return preparedFor(question, permitted)
        .handle((_, failure) -> {
          if (failure == null) {
            return Optional.empty();
          }
          if (Causes.of(failure) instanceof Refusal.Raised raised) {
            return Optional.of(raised.refusal());
          }
          Causes.logUnforeseen("An act that was approved could not be prepared", failure);
          return Optional.of(Refusal.INTERNAL);
        });
  }

  private Freshness.Standing standing(Question question) {
    return ports.freshness().standing(question.organization());
  }

  /**
   * What holds of content by the version that permitted it; fails where that version would not let
   * it go out: it looks for something else than was looked for and finds it, not all of it was
   * inspected, the control plane was heard too long ago, the connector is another by now, or there
   * is no room for the reply.
   */
  private CompletionStage<ContentInForce> preparedFor(
      Question question, Agent.Permitted permitted) {
    var judgement = permitted.judgement();
    if (judgement == null) {
      return CompletableFuture.failedFuture(new Refusal.Raised(Refusal.POLICIES_UNKNOWN));
    }
    var by = question.by;
    var act = question.act;
    long version = judgement.bundleVersion();
    CompletionStage<ContentRules> rules =
        version == by.version()
            ? CompletableFuture.completedFuture(by.rules())
            : contents.of(question.organization(), version);
    return rules.thenApply(decided -> {
      if (version != by.version()
          && !decided.looksForTheSameAs(by.rules())
          && !inspected(act.request(), decided).findings().equals(act.found().findings())) {
        throw new Refusal.Raised(Refusal.POLICIES_UNKNOWN);
      }
      var content = ContentInForce.of(decided, question.agent.claims().agent(), permitted.spec());
      if (act.found().isPartial() && content.policy().enforces(Direction.ARGUMENTS)) {
        throw new Refusal.Raised(Refusal.CONTENT_NOT_INSPECTED);
      }
      if (standing(question) == Freshness.Standing.FROZEN) {
        throw new Refusal.Raised(Refusal.ENCLAVE_FROZEN);
      }
      requireUnchanged(ports.connectors(), question.agent, act.invocation());
      question.call.makeRoom(room, config.roomOfReply());
      return content;
    });
  }

  private CompletionStage<Permitted> record(
      Question question, Agent.Permitted permitted, ContentInForce content) {
    var call = question.call;
    var claims = question.agent.claims();
    var continued = standing(question) == Freshness.Standing.CONTINUED;
    var intent =
        call.record(node, claims, Verdict.PERMIT)
            .detail(call.remark(continued ? CONTINUED : null))
            .build();
    BooleanSupplier raised =
        () ->
            ports
                .policies()
                .of(claims.organization())
                .filter(it -> it.set().looksAtSession())
                .isPresent();
    return Permits.recorded(call, ports.audit(), intent, permitted.fence(), raised)
        .thenApply(_ ->
            new Permitted(
                question.agent,
                question.act.said(),
                question.act.invocation(),
                question.stream,
                content));
  }
}
