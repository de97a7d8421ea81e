package io.redoubt.controlplane.approval;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Signals;
import io.redoubt.controlplane.enclave.Enclaves;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.OperatorDirectory;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.SealedBox;
import io.redoubt.protocol.link.SealedBoxes;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Requests for approval, as far as they are known here. What somebody decides goes to the enclave,
 * which says whether it counts; who decided is answered with that, or told that it is still to
 * come.
 */
public final class Approvals {
  /** Where operators see and decide here. */
  static final String CONTROL_PLANE = "control-plane";

  /** Others that are described with one; of more, ids are told. */
  private static final int MOST_BESIDE = 20;

  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{1,64}");

  /** So long before a request the same call counts as asked for earlier. */
  private static final Duration EARLIER = Duration.ofDays(1);

  private final CommandLog commands;
  private final Enclaves enclaves;
  private final Database database;
  private final Signals<EnclaveId> answered = new Signals<>();
  private final Duration wait;
  private final Duration poll;
  private final Steps steps;
  private final OperatorDirectory operators;
  private final Clock clock;

  /**
   * None are known.
   *
   * @param steps hears of each step that is news
   * @param operators who may still decide when a decision goes out
   * @param wait how long a caller waits for the enclave's answer
   * @param poll how often an answer is looked for that another process may have taken in
   */
  public Approvals(
      CommandLog commands,
      Enclaves enclaves,
      Database database,
      Duration wait,
      Duration poll,
      Steps steps,
      OperatorDirectory operators,
      Clock clock) {
    this.commands = commands;
    this.enclaves = enclaves;
    this.database = database;
    this.wait = wait;
    this.poll = poll;
    this.steps = steps;
    this.operators = operators;
    this.clock = clock;
  }

  /**
   * A decision on its way to the enclave.
   *
   * @param number of the command in the enclave's log
   * @param listening whether the enclave was there to hear it
   */
  public record Vote(EnclaveId enclave, long number, ApprovalId approval, boolean listening) {}

  /**
   * What the enclave said to it, and how the request stands since.
   *
   * @param why it refuses to change the call, or could not carry the decision out; null: neither
   */
  public record Heard(LinkReport.Hearing outcome, ApprovalView approval, @Nullable String why) {}

  /**
   * Which ones are looked for.
   *
   * @param status null: any
   * @param agent null: anybody's
   */
  record Filter(@Nullable ApprovalStatus status, @Nullable AgentId agent) {}

  List<ApprovalView> list(
      Transaction transaction, Filter filter, Optional<ApprovalId> after, int limit) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT document FROM control.approval
            WHERE organization_id = :organization
              AND (CAST(:status AS text) IS NULL OR status = CAST(:status AS text))
              AND (CAST(:agent AS uuid) IS NULL OR agent_id = CAST(:agent AS uuid))
              AND (CAST(:after AS uuid) IS NULL OR id < CAST(:after AS uuid))
            ORDER BY id DESC LIMIT :limit
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("status", filter.status() == null ? null : filter.status().wire())
        .bindByType("agent", filter.agent() == null ? null : filter.agent().uuid(), UUID.class)
        .bindByType("after", after.map(ApprovalId::uuid).orElse(null), UUID.class)
        .bind("limit", limit)
        .map((row, _) -> Rows.json(row, "document", ApprovalView.class))
        .list();
  }

  /**
   * One of the organization's.
   *
   * @throws ProblemException where it has none of that id
   */
  public ApprovalView find(Transaction transaction, ApprovalId id) {
    return find(transaction.handle(), transaction.organization(), id)
        .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND))
        .view();
  }

  /**
   * The same for an operator, and on record where they are one of those who may decide it.
   *
   * @param through where they see it, such as {@code control-plane}
   */
  ApprovalView look(Change change, ApprovalId id, String through) {
    var view = beside(change, find(change, id));
    seen(change, view, through);
    return view;
  }

  /**
   * The same with what is known here of what else its turn of a model asked for, and of what the
   * agent asked for before: whoever denied the same an hour ago should know.
   */
  public static ApprovalView beside(Transaction transaction, ApprovalView view) {
    return view.beside(related(transaction, view), earlier(transaction, view));
  }

  private static List<ApprovalView.RelatedCall> related(
      Transaction transaction, ApprovalView view) {
    if (view.related().isEmpty()) {
      return List.of();
    }
    return transaction
        .handle()
        .createQuery(
            """
            SELECT document FROM control.approval
            WHERE organization_id = :organization AND id = ANY (CAST(:ids AS uuid[]))
            ORDER BY id
            """)
        .bind("organization", transaction.organization().uuid())
        .bindArray(
            "ids",
            String.class,
            view.related().stream().limit(MOST_BESIDE).map(each -> each.uuid().toString()).toList())
        .map((row, _) -> Rows.json(row, "document", ApprovalView.class))
        .map(other ->
            new ApprovalView.RelatedCall(
                other.id(), other.status(), other.operation(), other.resource()))
        .list();
  }

  /** Ids grow with time. */
  private static List<ApprovalView.EarlierRequest> earlier(
      Transaction transaction, ApprovalView view) {
    var since = view.askedAt().minus(EARLIER);
    return transaction
        .handle()
        .createQuery(
            """
            SELECT document FROM control.approval
            WHERE organization_id = :organization AND agent_id = :agent
              AND action_digest = :digest AND id < :id
            ORDER BY id DESC LIMIT :most
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("agent", view.agentId().uuid())
        .bind("digest", digest(view))
        .bind("id", view.id().uuid())
        .bind("most", MOST_BESIDE)
        .map((row, _) -> Rows.json(row, "document", ApprovalView.class))
        .map(each -> new ApprovalView.EarlierRequest(each.id(), each.status(), each.askedAt()))
        .filter(each -> !each.askedAt().isBefore(since))
        .list();
  }

  /** As it is kept to be looked for; null: what the enclave says is none. */
  private static @Nullable String digest(ApprovalView view) {
    String digest = view.actionDigest();
    return digest != null && DIGEST.matcher(digest).matches() ? digest : null;
  }

  /** Somebody was shown a request, which may be gone by now; recorded as where they look it up. */
  public void looked(Change change, ApprovalId id, String through) {
    find(change.handle(), change.organization(), id)
        .ifPresent(known -> seen(change, known.view(), through));
  }

  /**
   * Somebody has a request before them. It is recorded once for each who may decide it while it is
   * pending; whoever else looks, and whoever looks later, looks at something else.
   */
  private static void seen(Change change, ApprovalView view, String through) {
    var operator = change.operator();
    if (view.status() != ApprovalStatus.PENDING || !operator.may(Permission.APPROVALS_DECIDE)) {
      return;
    }
    change.auditedOnce(
        AuditId.ofSighting(view.id(), operator.subject(), CONTROL_PLANE, view.askedAt()),
        "approval:seen",
        Verdict.PERMIT,
        record -> about(view, record).detail("through " + through));
  }

  /**
   * Somebody wanted to decide what is over; it is recorded.
   *
   * @return whether that is what was wrong
   */
  boolean tooLate(Change change, ApprovalId id, ApprovalView.Decision decision) {
    var over =
        find(change.handle(), change.organization(), id)
            .map(Known::view)
            .filter(view -> view.status() != ApprovalStatus.PENDING);
    over.ifPresent(view ->
        change.auditedOnce(
            AuditId.next(clock),
            "approval:refused",
            Verdict.DENY,
            record ->
                about(view, record)
                    .detail(
                        "%s, through %s: it is %s already"
                            .formatted(decision.wire(), CONTROL_PLANE, view.status().wire()))));
    return over.isPresent();
  }

  /**
   * What somebody sent in the place of a decision is none; it is recorded.
   *
   * @param why nothing that they say
   * @return whether there is such a request
   */
  boolean noDecision(Change change, ApprovalId id, String why) {
    var known = find(change.handle(), change.organization(), id).map(Known::view);
    change.auditedOnce(
        AuditId.next(clock),
        "approval:refused",
        Verdict.DENY,
        record ->
            known
                .map(view -> about(view, record))
                .orElseGet(() -> record.resource(id.toString()))
                .detail("no decision, through %s: %s".formatted(CONTROL_PLANE, why)));
    return known.isPresent();
  }

  private static AuditBuilder about(ApprovalView view, AuditBuilder record) {
    return record
        .agent(view.agentId(), view.owner())
        .resource(view.operation() + " " + view.target())
        .actionDigest(view.actionDigest())
        .approval(view.id());
  }

  private record Known(ApprovalView view, EnclaveId enclave) {}

  private static Optional<Known> find(Handle handle, OrganizationId organization, ApprovalId id) {
    return handle
        .createQuery(
            """
            SELECT document, enclave_id FROM control.approval
            WHERE organization_id = :organization AND id = :id
            """)
        .bind("organization", organization.uuid())
        .bind("id", id.uuid())
        .map((row, _) ->
            new Known(
                Rows.json(row, "document", ApprovalView.class),
                new EnclaveId(Rows.uuid(row, "enclave_id"))))
        .findOne();
  }

  /**
   * Sends somebody's decision to the enclave that asks for it.
   *
   * @param through where it was said, such as {@code control-plane}
   * @throws ProblemException where there is no such request, nothing to be decided any more, or
   *     whoever approves has to authenticate again
   */
  public Vote vote(
      Change change, ApprovalId id, ApprovalView.Decision decision, String reason, String through) {
    return vote(change, id, decision, reason, through, null);
  }

  /**
   * The same, with other arguments.
   *
   * @param arguments that the call is approved with; null: it is decided as it is
   */
  public Vote vote(
      Change change,
      ApprovalId id,
      ApprovalView.Decision decision,
      String reason,
      String through,
      @Nullable JsonNode arguments) {
    var known =
        find(change.handle(), change.organization(), id)
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
    var status = known.view().status();
    if (status != ApprovalStatus.PENDING) {
      throw ProblemException.of(ErrorType.CONFLICT, "It is " + status.wire() + " already.");
    }
    var age = change.operator().authenticationAge(change.now());
    if (decision == ApprovalView.Decision.APPROVE) {
      requireFresh(known.view(), age);
    }
    if (arguments != null && !known.view().editable()) {
      throw ProblemException.invalid("/arguments", "cannot be changed: approve the call as it is");
    }
    String by = change.operator().subject();
    var client = change.operator().client();
    long number =
        commands.append(
            change,
            known.enclave(),
            new LinkCommand.DecideApproval(
                    id,
                    decision,
                    reason,
                    by,
                    through,
                    age.isPresent() ? age.getAsLong() : null,
                    arguments == null ? null : sealed(change, known.enclave(), id, arguments))
                .saidBy(client == null ? null : client.toString()));
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.approval_vote
              (organization_id, enclave_id, command_number, approval_id, decision, asked_by, asked_at)
            VALUES (:organization, :enclave, :number, :id, :decision, :by, :now)
            """)
        .bind("organization", change.organization().uuid())
        .bind("enclave", known.enclave().uuid())
        .bind("number", number)
        .bind("id", id.uuid())
        .bind("decision", decision.wire())
        .bind("by", by)
        .bind("now", change.now())
        .execute();
    String operation = arguments == null ? decision.wire() : "edit";
    change.audited("approval:" + operation, id, reason, known.view().agentId());
    return sent(change, known.enclave(), number, id);
  }

  /**
   * A decision as the enclave is told of it now: it may have waited for the enclave longer than who
   * said it might say it, or through which client. A denial stands: nothing is permitted by it.
   */
  public CompletionStage<LinkCommand> deliver(
      OrganizationId organization, LinkCommand.DecideApproval decision) {
    return database.<LinkCommand>inOrganization(
        organization,
        handle -> {
          var client = decision.client() == null ? null : ClientId.parse(decision.client());
          var may = operators.permissions(handle, organization, decision.by(), client);
          return decision.decision() == ApprovalView.Decision.DENY
                  || (may.contains(Permission.APPROVALS_DECIDE)
                      && (decision.arguments() == null || may.contains(Permission.APPROVALS_EDIT)))
              ? decision
              : decision.asWithdrawn();
        });
  }

  /** What is in the log of commands stays there, so nobody reads the arguments but the enclave. */
  private static SealedBox sealed(
      Change change, EnclaveId enclave, ApprovalId id, JsonNode arguments) {
    byte[] key =
        change
            .handle()
            .createQuery("SELECT control.enrolment_key_of(:enclave)")
            .bind("enclave", enclave.uuid())
            .mapTo(byte[].class)
            .findOne()
            .orElseThrow(() ->
                ProblemException.of(ErrorType.CONFLICT, "Its enclave has not been here yet."));
    return SealedBoxes.seal(
        key,
        LinkCommand.DecideApproval.purpose(enclave, change.organization(), id),
        CanonicalJson.write(arguments));
  }

  /**
   * What the tier asks for as it is known here: the enclave looks once more, but an operator who
   * has to authenticate again is told so at once.
   */
  private static void requireFresh(ApprovalView view, OptionalLong age) {
    Integer most = view.stepUpSeconds();
    if (most != null && (age.isEmpty() || age.getAsLong() > most)) {
      throw tooOld(view, most, age);
    }
  }

  /** What whoever approves hears who has not authenticated lately. */
  static ProblemException tooOld(ApprovalView view, int mostSeconds, OptionalLong age) {
    return ProblemException.stepUp(
        ("Whoever approves this has to have authenticated in the last %d s%s."
                + " Approve it by `redoubt approvals approve %s`.")
            .formatted(
                mostSeconds,
                age.isPresent() ? "; that was %d s ago".formatted(age.getAsLong()) : "",
                view.id()),
        mostSeconds);
  }

  /** A decision that was sent before. */
  public Vote sent(Change change, EnclaveId enclave, long number, ApprovalId id) {
    return new Vote(enclave, number, id, enclaves.isListening(change, enclave, change.now()));
  }

  /**
   * What became of it; empty if the answer does not come in time, or nobody is there to give one.
   */
  public CompletionStage<Optional<Heard>> answerTo(OrganizationId organization, Vote vote) {
    return answerTo(
        organization, vote, vote.listening() ? clock.instant().plus(wait) : clock.instant());
  }

  private CompletionStage<Optional<Heard>> answerTo(
      OrganizationId organization, Vote vote, Instant deadline) {
    var signal = answered.expect(vote.enclave());
    return database
        .inOrganization(organization, handle -> find(handle, organization, vote))
        .thenCompose(found ->
            found.isPresent() || !clock.instant().isBefore(deadline)
                ? CompletableFuture.completedFuture(found)
                : signal.atMost(poll).thenCompose(_ -> answerTo(organization, vote, deadline)));
  }

  private static Optional<Heard> find(Handle handle, OrganizationId organization, Vote vote) {
    return handle
        .createQuery(
            """
            SELECT v.outcome, v.why, a.document
            FROM control.approval_vote v
            JOIN control.approval a ON a.organization_id = v.organization_id AND a.id = v.approval_id
            WHERE v.organization_id = :organization AND v.enclave_id = :enclave
              AND v.command_number = :number AND v.outcome IS NOT NULL
            """)
        .bind("organization", organization.uuid())
        .bind("enclave", vote.enclave().uuid())
        .bind("number", vote.number())
        .map((row, _) ->
            new Heard(
                LinkReport.Hearing.of(row.getString("outcome")),
                Rows.json(row, "document", ApprovalView.class),
                row.getString("why")))
        .findOne();
  }

  /**
   * Ends what waits at an enclave that is gone: it can neither be decided nor consumed any more.
   */
  public void endAt(Change change, EnclaveId enclave) {
    var open =
        change
            .handle()
            .createQuery(
                """
                SELECT document FROM control.approval
                WHERE organization_id = :organization AND enclave_id = :enclave
                  AND status IN ('pending', 'approved')
                ORDER BY id FOR UPDATE
                """)
            .bind("organization", change.organization().uuid())
            .bind("enclave", enclave.uuid())
            .map((row, _) -> Rows.json(row, "document", ApprovalView.class))
            .list();
    for (var view : open) {
      take(change.handle(), enclave, change.organization(), view.cancelled(change.now()));
      change.audited("approval:cancelled", view.id(), "its enclave was deleted", view.agentId());
    }
  }

  /** What an enclave says of a request: of its own agents only, and nothing that is old. */
  public void seen(Handle handle, EnclaveId enclave, LinkReport.ApprovalSeen report) {
    take(handle, enclave, report.organizationId(), report.approval());
  }

  /** What it says to a decision; a second answer changes nothing. */
  public void voted(Handle handle, EnclaveId enclave, LinkReport.ApprovalVoted report) {
    var approval = report.approval();
    if (approval != null && approval.id().equals(report.approvalId())) {
      take(handle, enclave, report.organizationId(), approval);
    }
    answered(
        handle,
        report.organizationId(),
        enclave,
        report.commandNumber(),
        report.approvalId(),
        report.outcome(),
        report.why());
  }

  /** It could not carry a decision out, if the command was one; whoever decided may do so again. */
  public void rejected(
      Handle handle, OrganizationId organization, EnclaveId enclave, long number, String why) {
    answered(handle, organization, enclave, number, null, LinkReport.Hearing.REJECTED, why);
  }

  private void answered(
      Handle handle,
      OrganizationId organization,
      EnclaveId enclave,
      long number,
      @Nullable ApprovalId named,
      LinkReport.Hearing outcome,
      @Nullable String why) {
    handle
        .createUpdate(
            """
            UPDATE control.approval_vote SET outcome = :outcome, why = left(:why, 1000)
            WHERE organization_id = :organization AND enclave_id = :enclave
              AND command_number = :number AND outcome IS NULL
              AND approval_id = coalesce(CAST(:named AS uuid), approval_id)
            """)
        .bind("named", named == null ? null : named.uuid())
        .bind("outcome", outcome.wire())
        .bind("why", why)
        .bind("organization", organization.uuid())
        .bind("enclave", enclave.uuid())
        .bind("number", number)
        .execute();
    handle.afterCommit(() -> answered.fire(enclave));
  }

  private void take(
      Handle handle, EnclaveId enclave, OrganizationId organization, ApprovalView view) {
    var kept = view.status() == ApprovalStatus.PENDING ? view : view.with(null, view.related());
    int taken =
        handle
            .createUpdate(
                """
                INSERT INTO control.approval AS known
                  (organization_id, id, enclave_id, agent_id, action_digest, version, status,
                   document, reported_at)
                SELECT a.organization_id, :id, a.enclave_id, a.id, :digest, :version, :status,
                  :document, :now
                FROM control.agent a
                WHERE a.organization_id = :organization AND a.id = :agent AND a.enclave_id = :enclave
                ON CONFLICT (organization_id, id) DO UPDATE
                SET version = excluded.version, status = excluded.status,
                  document = excluded.document, reported_at = excluded.reported_at
                WHERE known.enclave_id = excluded.enclave_id AND known.agent_id = excluded.agent_id
                  AND known.version < excluded.version
                """)
            .bind("id", view.id().uuid())
            .bind("digest", digest(view))
            .bind("version", view.version())
            .bind("status", view.status().wire())
            .bind("document", Rows.json(kept))
            .bind("now", clock.instant())
            .bind("organization", organization.uuid())
            .bind("agent", view.agentId().uuid())
            .bind("enclave", enclave.uuid())
            .execute();
    if (taken > 0) {
      steps.taken(handle, organization, view);
      if (view.status() == ApprovalStatus.PENDING) {
        showBesides(handle, organization, view);
      }
    }
  }

  /**
   * What was asked about before of the same turn is shown beside it, too. Its enclave says so
   * itself only with its next step.
   */
  private void showBesides(Handle handle, OrganizationId organization, ApprovalView later) {
    for (var id : later.related().stream().limit(MOST_BESIDE).toList()) {
      find(handle, organization, id)
          .map(Known::view)
          .filter(before -> before.status() == ApprovalStatus.PENDING)
          .filter(before -> before.agentId().equals(later.agentId()))
          .filter(before -> !before.related().contains(later.id()))
          .ifPresent(before -> {
            var related = new ArrayList<>(before.related());
            related.add(later.id());
            int changed =
                handle
                    .createUpdate(
                        """
                        UPDATE control.approval SET document = :document
                        WHERE organization_id = :organization AND id = :id AND version = :version
                        """)
                    .bind("document", Rows.json(before.with(before.arguments(), related)))
                    .bind("organization", organization.uuid())
                    .bind("id", id.uuid())
                    .bind("version", before.version())
                    .execute();
            if (changed > 0) {
              steps.again(handle, organization, id);
            }
          });
    }
  }

  /** What is answered where the enclave's word is still to come. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Pending(boolean pending, ApprovalId approvalId) {}
}
