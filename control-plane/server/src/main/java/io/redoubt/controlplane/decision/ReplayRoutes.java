package io.redoubt.controlplane.decision;

import static io.redoubt.controlplane.operator.Permission.AUDIT_READ;
import static io.redoubt.controlplane.operator.Permission.POLICIES_READ;

import io.redoubt.controlplane.agent.Agents;
import io.redoubt.controlplane.audit.DecisionLog;
import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.policy.Content;
import io.redoubt.controlplane.policy.Policies;
import io.redoubt.http.Bodies;
import io.redoubt.http.Replies;
import io.redoubt.policy.PolicyProblem;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.PolicySet;
import io.redoubt.policy.Subject;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/policies/replay} and {@code /shadow}: what would become of recorded actions
 * under the draft, and what policies in shadow said of them. Nothing changes.
 */
public final class ReplayRoutes {
  private final DecisionLog log = new DecisionLog();
  private final Policies policies;
  private final Agents agents;
  private final Bodies bodies;
  private final Clock clock;

  public ReplayRoutes(Policies policies, Agents agents, Bodies bodies, Clock clock) {
    this.policies = policies;
    this.agents = agents;
    this.bodies = bodies;
    this.clock = clock;
  }

  /** Which actions. */
  record WindowBody(
      @Nullable Instant since,
      @Nullable Instant until,
      @Nullable Integer limit,
      @Nullable AgentId agentId) {
    static final WindowBody USUAL = new WindowBody(null, null, null, null);

    Window checked(Instant now) {
      return Window.checked(since, until, limit, agentId, now);
    }
  }

  /**
   * What is answered.
   *
   * @param records how many were looked at
   * @param more whether the window has more of them
   */
  record Replayed(
      boolean valid,
      List<PolicyProblem> problems,
      Instant since,
      Instant until,
      int records,
      boolean more,
      int replayed,
      int unchanged,
      List<Differences.Difference> changes,
      List<Replay.Left> notReplayed,
      List<String> assumptions) {}

  /**
   * What is answered.
   *
   * @param watched how many of them policies in shadow apply to
   */
  record Shadowed(
      Instant since,
      Instant until,
      int records,
      boolean more,
      int watched,
      List<Differences.Difference> changes) {}

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.post(
            "/api/v1/policies/replay",
            POLICIES_READ,
            call -> call.demanding(AUDIT_READ, () -> replay(call))),
        Endpoint.post("/api/v1/policies/shadow", AUDIT_READ, this::shadow));
  }

  /** All that a replay needs, read at one moment. */
  private record Given(
      Content published,
      Content draft,
      List<AuditRecord> records,
      Map<AgentId, Subject> subjects) {}

  private Route replay(Call call) {
    return bodies.optionalJson(
        WindowBody.class,
        body -> {
          var window = body.orElse(WindowBody.USUAL).checked(clock.instant());
          return Replies.async(
              policies
                  .work(
                      call.fetch(transaction -> given(transaction, window)),
                      given -> replayed(given, window),
                      (given, tooLong) -> refused(given, tooLong, window))
                  .thenApply(it -> Answer.ok(it).route()));
        });
  }

  private Given given(Transaction transaction, Window window) {
    var bundles = policies.bundles();
    var published =
        bundles
            .newest(transaction)
            .flatMap(it -> bundles.content(transaction, it.version()))
            .orElse(Content.NOTHING);
    var records = records(transaction, window);
    var subjects = new HashMap<AgentId, Subject>();
    records.stream()
        .map(AuditRecord::agentId)
        .filter(Objects::nonNull)
        .distinct()
        .filter(it -> agents.has(transaction, it))
        .forEach(it -> subjects.put(it, subject(transaction, it)));
    return new Given(published, policies.content(transaction), records, subjects);
  }

  /** One more than asked for tells whether there are more. */
  private List<AuditRecord> records(Transaction transaction, Window window) {
    return log.newest(
        transaction, window.agent(), window.since(), window.until(), window.limit() + 1);
  }

  private Subject subject(Transaction transaction, AgentId id) {
    var spec = agents.spec(transaction, id);
    return new Subject(id, transaction.organization(), spec.name(), spec.owner(), spec.labels());
  }

  private static Replayed replayed(Given given, Window window) {
    var looked = first(given.records(), window);
    if (!(given.published().compile() instanceof PolicySet published)) {
      throw ProblemException.of(
          ErrorType.CONFLICT, "What was published last cannot be evaluated by this release.");
    }
    return switch (given.draft().compile()) {
      case PolicyProblems problems -> refused(given, problems, window);
      case PolicySet draft ->
          answer(
              window,
              List.of(),
              given,
              looked,
              new Replay(published, draft, given.subjects()).run(looked));
    };
  }

  private static Replayed refused(Given given, PolicyProblems why, Window window) {
    return answer(
        window,
        why.problems(),
        given,
        first(given.records(), window),
        new Replay.Result(0, 0, List.of(), List.of()));
  }

  private static Replayed answer(
      Window window,
      List<PolicyProblem> problems,
      Given given,
      List<AuditRecord> looked,
      Replay.Result result) {
    return new Replayed(
        problems.isEmpty(),
        problems,
        window.since(),
        window.until(),
        looked.size(),
        given.records().size() > looked.size(),
        result.replayed(),
        result.unchanged(),
        result.changes(),
        result.notReplayed(),
        Replay.ASSUMPTIONS);
  }

  private static List<AuditRecord> first(List<AuditRecord> records, Window window) {
    return records.subList(0, Math.min(window.limit(), records.size()));
  }

  private Route shadow(Call call) {
    return bodies.optionalJson(
        WindowBody.class,
        body -> {
          var window = body.orElse(WindowBody.USUAL).checked(clock.instant());
          return call.read(
              transaction -> Answer.ok(shadowed(records(transaction, window), window)));
        });
  }

  private static Shadowed shadowed(List<AuditRecord> records, Window window) {
    var looked = first(records, window);
    var differences = new Differences();
    int watched = 0;
    for (var record : looked) {
      var shadow = Remarks.of(record.detail()).shadow();
      if (shadow != null) {
        watched++;
        if (shadow.verdict() != record.verdict()) {
          differences.add(
              record, record.verdict(), record.policyIds(), shadow.verdict(), shadow.policyIds());
        }
      }
    }
    return new Shadowed(
        window.since(),
        window.until(),
        looked.size(),
        records.size() > looked.size(),
        watched,
        differences.all());
  }
}
