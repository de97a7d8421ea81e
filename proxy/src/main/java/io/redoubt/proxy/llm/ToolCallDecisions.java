package io.redoubt.proxy.llm;

import io.redoubt.action.Arguments;
import io.redoubt.agent.Agent;
import io.redoubt.agent.Agent.Answer;
import io.redoubt.agent.Agent.DecideTogether;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Judgement;
import io.redoubt.approval.ShownPrompt;
import io.redoubt.audit.AuditLog;
import io.redoubt.content.ContentRules;
import io.redoubt.http.Requests;
import io.redoubt.link.Freshness;
import io.redoubt.policy.Policies;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.proxy.decide.ApprovalGate;
import io.redoubt.proxy.decide.Causes;
import io.redoubt.proxy.decide.DecidedContents;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.OutcomeWriter;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.llm.Admission.Admitted;
import io.redoubt.proxy.llm.reply.CallVerdict;
import io.redoubt.proxy.llm.reply.ProposedCall;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The way of proposed tool calls to their verdicts (decision 15): inspect, decide in the agent's
 * actor, record. Where no answer comes, or nothing can be recorded, nothing is released (G4, G5).
 */
final class ToolCallDecisions {
  /** How often calls are decided anew, where policies that look for something else decided. */
  private static final int MOST_ANEW = 2;

  private final NodeIdentity node;
  private final LlmPorts ports;
  private final LlmConfig config;
  private final ApprovalGate approvals;
  private final OutcomeWriter outcomes;
  private final LlmTelemetry telemetry;
  private final InstantSource clock;
  private final DecidedContents contents;

  /**
   * What came of the calls that were proposed together.
   *
   * @param verdicts one for each, in their order
   * @param grants of those that are released
   * @param recorded whether the log has all of them
   */
  record Decided(List<CallVerdict> verdicts, List<Grant> grants, boolean recorded) {}

  /** The intent of a call that may go out is in the log. */
  record Grant(ActionId action, long since) {}

  /** What became of one call. */
  private record Settled(CallVerdict verdict, @Nullable Grant grant, boolean recorded) {}

  /** What was said to all of them; {@code unasked} where nobody could be asked. */
  private record Answers(
      @Nullable AgentSpec spec, long fence, List<Answer> each, @Nullable Refusal unasked) {}

  /**
   * Calls and what was said to them.
   *
   * @param by what the calls were inspected by
   * @param rules of the one version that decided about all of them, which finds in them what was
   *     found; empty: there is none such, or it is not known here
   */
  private record Judged(
      List<ToolCall> calls, Answers answers, Policies.Contents by, Optional<ContentRules> rules) {}

  ToolCallDecisions(
      NodeIdentity node,
      LlmPorts ports,
      LlmConfig config,
      ApprovalGate approvals,
      OutcomeWriter outcomes,
      LlmTelemetry telemetry,
      InstantSource clock) {
    this.node = node;
    this.ports = ports;
    this.config = config;
    this.approvals = approvals;
    this.outcomes = outcomes;
    this.telemetry = telemetry;
    this.clock = clock;
    this.contents = new DecidedContents(ports.policies());
  }

  /**
   * Never fails.
   *
   * @param wanted whether the reply still waits for it
   */
  CompletionStage<Decided> decide(
      LlmCall call, Admitted admitted, List<ProposedCall> proposed, BooleanSupplier wanted) {
    var by = ports.policies().contents(admitted.agent().claims().organization());
    var calls = read(proposed, Inspector.of(by.rules().patterns()));
    return judge(call, admitted, calls, by, MOST_ANEW)
        .thenCompose(judged -> record(call, admitted, judged, wanted))
        .exceptionally(failure -> {
          // Whoever waits for this holds the reply back for as long as it takes.
          Causes.logUnforeseen("Verdicts of tool calls could not be recorded", failure);
          return new Decided(
              calls.stream().<CallVerdict>map(each -> each.denied(Refusal.UNAVAILABLE)).toList(),
              List.of(),
              false);
        });
  }

  /** What is too much to be told to another node at once, is refused. */
  private List<ToolCall> read(List<ProposedCall> proposed, Inspector inspector) {
    var calls = new ArrayList<ToolCall>(proposed.size());
    int bytes = 0;
    for (var each : proposed) {
      var arguments = each.arguments();
      if (bytes + arguments.size() > DecideTogether.MOST_ARGUMENT_BYTES) {
        arguments =
            Arguments.refused(
                "with those of the calls beside it larger than %d bytes"
                    .formatted(DecideTogether.MOST_ARGUMENT_BYTES));
      }
      bytes += arguments.size();
      calls.add(
          ToolCall.of(
              ActionId.next(clock),
              clock.instant(),
              each,
              arguments,
              inspector,
              config.inspection().limits()));
    }
    return calls;
  }

  /**
   * Decided by one version of everything: where policies change at this moment, and the one that
   * decides looks for something else than was looked for, the calls are inspected by that one.
   * Where it finds something else in them, they are decided anew; the agent's session then has them
   * twice.
   */
  private CompletionStage<Judged> judge(
      LlmCall call, Admitted admitted, List<ToolCall> calls, Policies.Contents by, int anew) {
    return ask(call, admitted, calls)
        .exceptionally(failure -> {
          Causes.log("Tool calls could not be decided", failure);
          return unasked(Refusal.UNAVAILABLE, calls.size());
        })
        .thenCompose(answers -> {
          var version = version(answers, by);
          if (version.isEmpty()) {
            return CompletableFuture.completedFuture(
                new Judged(calls, answers, by, Optional.empty()));
          }
          return contentsOf(version.get(), by, admitted)
              .thenCompose(known -> {
                if (known.isEmpty()) {
                  return CompletableFuture.completedFuture(
                      new Judged(calls, answers, by, Optional.empty()));
                }
                var decides = known.get();
                var seen = inspected(calls, by, decides);
                if (areAlike(calls, seen)) {
                  return CompletableFuture.completedFuture(
                      new Judged(seen, answers, decides, Optional.of(decides.rules())));
                }
                return anew == 0
                    ? CompletableFuture.completedFuture(
                        new Judged(calls, answers, by, Optional.empty()))
                    : judge(call, admitted, seen, decides, anew - 1);
              });
        });
  }

  /** The same where nothing else is looked for. */
  private List<ToolCall> inspected(
      List<ToolCall> calls, Policies.Contents by, Policies.Contents decides) {
    if (decides.rules().looksForTheSameAs(by.rules())) {
      return calls;
    }
    var inspector = Inspector.of(decides.rules().patterns());
    return calls.stream()
        .map(each -> each.inspected(inspector, config.inspection().limits()))
        .toList();
  }

  private static boolean areAlike(List<ToolCall> calls, List<ToolCall> seen) {
    for (int i = 0; i < calls.size(); i++) {
      if (!calls.get(i).holdsTheSameAs(seen.get(i))) {
        return false;
      }
    }
    return true;
  }

  private CompletionStage<Answers> ask(LlmCall call, Admitted admitted, List<ToolCall> calls) {
    var actions = calls.stream().map(each -> each.action(call.source())).toList();
    return ports
        .agents()
        .ask(
            admitted.agent().key(),
            replyTo ->
                new DecideTogether(
                    actions, admitted.agent().claims().family(), ports.patience().ends(), replyTo))
        .thenApply(reply -> answers(reply, calls.size()));
  }

  private static Answers answers(Agent.Reply reply, int calls) {
    return switch (reply) {
      case Agent.Decided(var spec, var fence, var each) when each.size() == calls ->
          new Answers(spec, fence, each, null);
      case Agent.Denied(var why, var spec, var judgement, _) ->
          new Answers(spec, 0, Collections.nCopies(calls, new Answer(why, judgement)), null);
      case Agent.Refused(var why) when why == Agent.Refusal.UNKNOWN_AGENT ->
          unasked(Refusal.AGENT_NOT_ACTIVE, calls);
      case Agent.Refused _ -> unasked(Refusal.UNAVAILABLE, calls);
      case Agent.Decided _,
          Agent.Permitted _,
          Agent.Done _,
          Agent.Bootstrapped _,
          Agent.RefreshAdmitted _,
          Agent.LifecycleChanged _,
          Agent.Description _ ->
          throw new IllegalStateException("no answer to a question for verdicts: " + reply);
    };
  }

  private static Answers unasked(Refusal why, int calls) {
    return new Answers(
        null, 0, Collections.nCopies(calls, new Answer(Denial.NOT_ACTIVE, null)), why);
  }

  /** Each for itself: what keeps one from being recorded does not speak against another. */
  private CompletionStage<Decided> record(
      LlmCall call, Admitted admitted, Judged judged, BooleanSupplier wanted) {
    var calls = judged.calls;
    var answers = judged.answers;
    var standing = standing(admitted);
    var settled = new ArrayList<CompletableFuture<Settled>>(calls.size());
    for (int i = 0; i < calls.size(); i++) {
      var each = calls.get(i).judged(answers.spec, answers.each.get(i).judgement());
      var refusal = refusal(each, answers, answers.each.get(i), standing);
      if (refusal == null || refusal == Refusal.APPROVAL_NEEDED) {
        refusal = contentRefusal(each, admitted, judged.rules).orElse(refusal);
      }
      settled.add(
          settle(call, admitted, each, refusal, answers.fence, standing, judged.by, wanted)
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(settled.toArray(CompletableFuture<?>[]::new))
        .thenApply(_ -> together(settled));
  }

  private CompletionStage<Settled> settle(
      LlmCall call,
      Admitted admitted,
      ToolCall each,
      @Nullable Refusal refusal,
      long fence,
      Freshness.Standing standing,
      Policies.Contents by,
      BooleanSupplier wanted) {
    if (refusal == null) {
      return permit(call, admitted, each, fence, standing);
    }
    return refusal == Refusal.APPROVAL_NEEDED && standing != Freshness.Standing.FROZEN
        ? approve(call, admitted, each, by, wanted)
        : deny(call, admitted, each, refusal);
  }

  /** The reply is held, and its client kept alive, for as long as somebody may yet approve it. */
  private CompletionStage<Settled> approve(
      LlmCall call,
      Admitted admitted,
      ToolCall each,
      Policies.Contents by,
      BooleanSupplier wanted) {
    var spec = each.spec();
    var judgement = each.judgement();
    if (spec == null
        || judgement == null
        || !ApprovalGate.opensFor(judgement)
        || each.arguments().refusal() != null) {
      return deny(call, admitted, each, Refusal.APPROVAL_NEEDED);
    }
    return approvals
        .pass(plea(call, admitted, each, spec, judgement, by, wanted))
        .thenCompose(outcome ->
            switch (outcome) {
              case ApprovalGate.Passed(var permitted, var approval, ToolCall edited) ->
                  permitEdited(
                      call,
                      admitted,
                      each.upTo(approval),
                      edited.judged(permitted.spec(), permitted.judgement()).upTo(approval),
                      permitted.fence());
              case ApprovalGate.Passed(var permitted, var approval, _) ->
                  permit(
                      call,
                      admitted,
                      each.judged(permitted.spec(), permitted.judgement()).upTo(approval),
                      permitted.fence(),
                      standing(admitted));
              case ApprovalGate.Held(var why, var approval, var said, _, _, _, ToolCall edited) ->
                  deny(call, admitted, each.upTo(approval), Refusal.APPROVAL_EDITED)
                      .thenCompose(refused ->
                          refused.recorded
                              ? deny(call, admitted, edited.judged(spec, said).upTo(approval), why)
                              : CompletableFuture.completedStage(refused));
              case ApprovalGate.Held held ->
                  deny(
                      call,
                      admitted,
                      each.judged(spec, held.judgement())
                          .upTo(held.approval())
                          .replacedBy(held.replacement()),
                      held.why());
            });
  }

  private ApprovalGate.Plea plea(
      LlmCall call,
      Admitted admitted,
      ToolCall each,
      AgentSpec spec,
      Judgement judgement,
      Policies.Contents by,
      BooleanSupplier wanted) {
    var form = each.form();
    return new ApprovalGate.Plea(
        admitted.agent().key(),
        admitted.agent().claims().family(),
        each.action(call.source()),
        spec,
        judgement,
        call.action(),
        call.trace().traceId(),
        each.arguments().values(),
        ShownPrompt.NONE,
        Requests.preferredWait(call.request(), config.longestWait())
            .orElse(config.toolCalls().approvalWait()),
        wanted,
        permitted -> objection(each, admitted, by, permitted),
        form == null
            ? null
            : new ApprovalGate.Editing(
                form,
                each,
                (edit, instead) -> {
                  // People took their time: it is looked at as is done now.
                  var now = ports.policies().contents(admitted.agent().claims().organization());
                  var edited =
                      each.edited(
                          ActionId.next(clock),
                          clock.instant(),
                          edit,
                          instead,
                          Inspector.of(now.rules().patterns()),
                          config.inspection().limits());
                  return plea(call, admitted, edited, spec, judgement, now, wanted);
                }));
  }

  /** Both are on record: the one that never goes out, and the one that does in its place. */
  private CompletionStage<Settled> permitEdited(
      LlmCall call, Admitted admitted, ToolCall original, ToolCall edited, long fence) {
    return deny(call, admitted, original, Refusal.APPROVAL_EDITED)
        .thenCompose(refused ->
            refused.recorded
                ? permit(call, admitted, edited, fence, standing(admitted))
                : CompletableFuture.completedStage(refused));
  }

  /** Why it would not go out although it is permitted: then its grant is not spent. */
  private CompletionStage<Optional<Refusal>> objection(
      ToolCall each, Admitted admitted, Policies.Contents by, Agent.Permitted permitted) {
    if (standing(admitted) == Freshness.Standing.FROZEN) {
      return CompletableFuture.completedFuture(Optional.of(Refusal.ENCLAVE_FROZEN));
    }
    var judgement = permitted.judgement();
    var judged = each.judged(permitted.spec(), judgement);
    return contentsOf(judgement == null ? by.version() : judgement.bundleVersion(), by, admitted)
        .thenApply(known -> {
          // What is found otherwise by now, was not what was granted.
          var seen =
              known
                  .map(decides -> inspected(List.of(judged), by, decides).getFirst())
                  .filter(judged::holdsTheSameAs);
          return contentRefusal(
              seen.orElse(judged),
              admitted,
              seen.isEmpty() ? Optional.empty() : known.map(Policies.Contents::rules));
        });
  }

  private Freshness.Standing standing(Admitted admitted) {
    return ports.freshness().standing(admitted.agent().claims().organization());
  }

  /** Why it does not go out; null: nothing speaks against it. */
  private static @Nullable Refusal refusal(
      ToolCall call, Answers answers, Answer answer, Freshness.Standing standing) {
    if (answers.unasked != null) {
      return answers.unasked;
    }
    var refusal = answer.denial() == null ? null : Refusal.of(answer.denial());
    if (refusal != null && refusal != Refusal.APPROVAL_NEEDED) {
      return refusal;
    }
    if (answer.judgement() == null) {
      return Refusal.POLICIES_UNKNOWN;
    }
    if (call.arguments().refusal() != null) {
      return Refusal.POLICY_DENIED; // nobody can approve what nobody can read
    }
    if (refusal != null) {
      return refusal;
    }
    return standing == Freshness.Standing.FROZEN ? Refusal.ENCLAVE_FROZEN : null;
  }

  /**
   * The one that decided about all of them. Empty where there were several, as a node of an older
   * release may say: what one of them wants is not what decides of another's.
   */
  private static Optional<Long> version(Answers answers, Policies.Contents by) {
    var versions =
        answers.each.stream()
            .map(Answer::judgement)
            .filter(Objects::nonNull)
            .map(Judgement::bundleVersion)
            .distinct()
            .toList();
    return switch (versions.size()) {
      case 0 -> Optional.of(by.version());
      case 1 -> Optional.of(versions.getFirst());
      default -> Optional.empty();
    };
  }

  /** What that version says of content. Empty: it is not known here. */
  private CompletionStage<Optional<Policies.Contents>> contentsOf(
      long version, Policies.Contents by, Admitted admitted) {
    if (version == by.version()) {
      return CompletableFuture.completedFuture(Optional.of(by));
    }
    return contents
        .of(admitted.agent().claims().organization(), version)
        .thenApply(rules -> Optional.of(new Policies.Contents(version, rules)))
        .exceptionally(_ -> Optional.empty());
  }

  /**
   * What speaks against a call that policies permit: that those who decided are not those by whom
   * it was inspected, so that it may be proposed again; or that not all of it was. Empty: nothing.
   */
  private static Optional<Refusal> contentRefusal(
      ToolCall call, Admitted admitted, Optional<ContentRules> rules) {
    if (rules.isEmpty()) {
      return Optional.of(Refusal.POLICIES_UNKNOWN);
    }
    var labels = (call.spec() == null ? admitted.spec() : call.spec()).labels();
    return call.found().isPartial()
            && rules
                .get()
                .of(admitted.agent().claims().agent(), labels)
                .enforces(Direction.ARGUMENTS)
        ? Optional.of(Refusal.CONTENT_NOT_INSPECTED)
        : Optional.empty();
  }

  private static Decided together(List<CompletableFuture<Settled>> settled) {
    var verdicts = new ArrayList<CallVerdict>();
    var grants = new ArrayList<Grant>();
    boolean recorded = true;
    for (var each : settled) {
      var one = each.join();
      verdicts.add(one.verdict);
      if (one.grant != null) {
        grants.add(one.grant);
      }
      recorded &= one.recorded;
    }
    return new Decided(verdicts, grants, recorded);
  }

  private CompletionStage<Settled> permit(
      LlmCall call, Admitted admitted, ToolCall each, long fence, Freshness.Standing standing) {
    var intent = each.intent(node, call, admitted, standing);
    return ports
        .audit()
        .permit(intent, fence)
        .thenCompose(permit -> {
          if (permit == AuditLog.Permit.FENCED) {
            return deny(
                call,
                admitted,
                each,
                Refusal.fenced(
                    Admission.isFenceRaised(
                        call, admitted.agent().claims().organization(), ports.policies())));
          }
          telemetry.toolCall("permit");
          return CompletableFuture.completedFuture(
              new Settled(each.released(), new Grant(each.id(), call.elapsedMillis()), true));
        })
        .exceptionally(failure -> {
          Causes.log("The permit of a tool call could not be recorded", failure);
          telemetry.toolCall(Refusal.UNAVAILABLE.code());
          return new Settled(each.denied(Refusal.UNAVAILABLE), null, false);
        });
  }

  private CompletionStage<Settled> deny(
      LlmCall call, Admitted admitted, ToolCall each, Refusal refusal) {
    telemetry.toolCall(refusal.code());
    return ports
        .audit()
        .record(each.refused(node, call, admitted, refusal))
        .handle((_, failure) -> {
          if (failure != null) {
            Causes.log("The refusal of a tool call could not be recorded", failure);
          }
          return new Settled(each.denied(refusal), null, failure == null);
        });
  }

  /** Writes how a call that was permitted has ended. */
  void conclude(LlmCall call, Grant grant, Outcome.Status how, @Nullable String error) {
    var claims = call.claims();
    if (claims != null) {
      outcomes.write(
          new AuditOutcome(
              grant.action.auditId(),
              claims.organization(),
              clock.instant(),
              new Outcome(how, call.elapsedMillis() - grant.since, null, error),
              List.of(),
              Coverage.NOTHING));
    }
  }
}
