package io.redoubt.controlplane.approval;

import static io.redoubt.controlplane.operator.Permission.APPROVALS_DECIDE;
import static io.redoubt.controlplane.operator.Permission.APPROVALS_EDIT;
import static io.redoubt.controlplane.operator.Permission.APPROVALS_READ;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.http.Bodies;
import io.redoubt.http.Replies;
import io.redoubt.http.WrongBodies;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.ExactJson;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/approvals}: requests for approval, and what operators say to them. */
public final class ApprovalRoutes {
  private static final String PATH = "/api/v1/approvals";
  private static final String ONE = PATH + "/{id}";
  private static final int MAX_REASON = 500;

  private final Approvals approvals;
  private final Bodies bodies;
  private final WrongBodies wrong;

  public ApprovalRoutes(Approvals approvals, Bodies bodies, InstantSource clock) {
    this.approvals = approvals;
    this.bodies = bodies;
    this.wrong = new WrongBodies(Set.of("/decision", "/reason", "/arguments"), clock);
  }

  /**
   * A decision.
   *
   * @param reason may be left out of an approval
   * @param arguments that the call is approved with; null: it is approved as it is
   */
  record DecisionBody(
      ApprovalView.@Nullable Decision decision,
      @Nullable String reason,
      @JsonInclude(JsonInclude.Include.NON_NULL) @JsonDeserialize(using = ExactJson.class)
          @Nullable JsonNode arguments) {}

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, APPROVALS_READ, this::list),
        Endpoint.get(ONE, APPROVALS_READ, this::show),
        Endpoint.post(ONE + "/decision", APPROVALS_DECIDE, this::decide));
  }

  private Route list(Call call) {
    var parameters = call.parameters("status", "agent_id", "limit", "cursor");
    var filter =
        new Approvals.Filter(
            parameters.oneOf("status", ApprovalStatus.values(), ApprovalStatus::wire).orElse(null),
            parameters.id("agent_id", AgentId::parse).orElse(null));
    return PageOf.route(
        call,
        ApprovalId::parse,
        ApprovalView::id,
        (transaction, after, limit) -> approvals.list(transaction, filter, after, limit));
  }

  private Route show(Call call) {
    var id = call.id("id", ApprovalId::parse);
    return call.change(change -> Answer.ok(approvals.look(change, id, Approvals.CONTROL_PLANE)));
  }

  private Route decide(Call call) {
    var id = call.id("id", ApprovalId::parse);
    return bodies.json(
        DecisionBody.class,
        body -> {
          String reason = body.reason() == null ? "" : body.reason();
          new Checks()
              .require(body.decision() != null, "/decision", "is needed: approve or deny")
              .require(
                  body.decision() != ApprovalView.Decision.DENY || !reason.isBlank(),
                  "/reason",
                  "is needed for a denial")
              .text("/reason", reason, MAX_REASON)
              .require(
                  body.arguments() == null || body.decision() == ApprovalView.Decision.APPROVE,
                  "/arguments",
                  "are for an approval")
              .require(
                  body.arguments() == null || body.arguments().isObject(),
                  "/arguments",
                  "are an object")
              .require(
                  body.arguments() == null || !ExactJson.hasLargeInteger(body.arguments()),
                  "/arguments",
                  "have a number beyond 64 bits")
              .require(
                  body.arguments() == null
                      || CanonicalJson.write(body.arguments()).length
                          <= ApprovalView.MAX_EDITED_BYTES,
                  "/arguments",
                  "have at most " + ApprovalView.MAX_EDITED_BYTES + " bytes")
              .done();
          var decision = Objects.requireNonNull(body.decision(), "checked before");
          return body.arguments() == null
              ? decide(call, id, decision, reason, body)
              : call.demanding(APPROVALS_EDIT, () -> decide(call, id, decision, reason, body));
        },
        problem -> noDecision(call, id, problem));
  }

  private record Sender(OrganizationId organization, String subject) {}

  /** What is no decision is answered once it is on record. */
  private Route noDecision(Call call, ApprovalId id, ProblemException problem) {
    var operator = call.operator();
    return wrong
        .remark(new Sender(operator.organization(), operator.subject()), problem)
        .map(why ->
            Replies.async(
                call.changed(Boolean.class, change -> approvals.noDecision(change, id, why))
                    .thenApply(_ -> Replies.problem(problem))))
        .orElseGet(() -> Replies.problem(problem));
  }

  private Route decide(
      Call call, ApprovalId id, ApprovalView.Decision decision, String reason, DecisionBody body) {
    return Replies.async(
        call.posted(
                Approvals.Vote.class,
                body,
                change ->
                    approvals.vote(
                        change, id, decision, reason, Approvals.CONTROL_PLANE, body.arguments()))
            .exceptionallyCompose(failure -> tooLate(call, id, decision, failure))
            .thenCompose(vote -> approvals.answerTo(call.operator().organization(), vote))
            .thenApply(heard ->
                heard
                    .map(ApprovalRoutes::answer)
                    .orElseGet(() -> Answer.of(202, new Approvals.Pending(true, id)).route())));
  }

  /** Recorded by itself: what was wanted left no trace. */
  private CompletionStage<Approvals.Vote> tooLate(
      Call call, ApprovalId id, ApprovalView.Decision decision, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException e && e.getCause() != null ? e.getCause() : failure;
    CompletionStage<Approvals.Vote> refused = CompletableFuture.failedFuture(cause);
    return cause instanceof ProblemException problem && problem.type() == ErrorType.CONFLICT
        ? call.changed(Boolean.class, change -> approvals.tooLate(change, id, decision))
            .thenCompose(_ -> refused)
        : refused;
  }

  private static Route answer(Approvals.Heard heard) {
    return switch (heard.outcome()) {
      case HEARD -> Answer.ok(heard.approval()).route();
      case UNKNOWN -> throw ProblemException.of(ErrorType.NOT_FOUND);
      case DECIDED ->
          throw ProblemException.of(
              ErrorType.CONFLICT, "It is " + heard.approval().status().wire() + " already.");
      case VOTED_BEFORE ->
          throw ProblemException.of(ErrorType.CONFLICT, "You have said something else before.");
      case NOT_ASKED ->
          throw ProblemException.of(
              ErrorType.PERMISSION_MISSING, "You are not among those who are asked now.");
      case EDIT_REFUSED ->
          throw ProblemException.invalid(
              "/arguments", Objects.requireNonNullElse(heard.why(), "cannot be changed like that"));
      case REJECTED ->
          throw ProblemException.of(
              ErrorType.UPSTREAM_FAILED,
              "Its enclave could not carry the decision out: " + heard.why() + ".");
      case NOT_FRESH ->
          throw Approvals.tooOld(
              heard.approval(),
              Objects.requireNonNullElse(
                  heard.approval().stepUpSeconds(), ApprovalTier.MIN_STEP_UP_SECONDS),
              OptionalLong.empty());
    };
  }
}
