package io.redoubt.enclave.operatorapi;

import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.approval.Voting;
import io.redoubt.http.Bodies;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.http.WrongBodies;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.ExactJson;
import io.redoubt.protocol.jwt.OperatorClaims;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.text.PlainText;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/**
 * {@code /v1/operator/approvals}: requests for approval seen and decided at the enclave itself, for
 * the time when the control plane is away.
 */
final class ApprovalRoutes {
  private static final String READ = "approvals:read";
  static final String DECIDE = "approvals:decide";
  private static final String EDIT = "approvals:edit";
  private static final String THROUGH = Voting.AT_ENCLAVE;

  private final Bodies bodies;
  private final OperatorGate gate;
  private final Voting voting;
  private final Clock clock;
  private final WrongBodies wrong;

  ApprovalRoutes(EdgeConfig edge, OperatorGate gate, Voting voting, Clock clock) {
    this.bodies = new Bodies(edge);
    this.gate = gate;
    this.voting = voting;
    this.clock = clock;
    this.wrong = new WrongBodies(Set.of("/decision", "/reason", "/arguments"), clock);
  }

  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Page(List<ApprovalView> items, @Nullable ApprovalId nextCursor) {}

  /**
   * A decision.
   *
   * @param reason may be left out of an approval
   * @param arguments that the call is approved with; null: it is approved as it is
   */
  record DecisionBody(
      ApprovalView.@Nullable Decision decision,
      @Nullable String reason,
      @JsonDeserialize(using = ExactJson.class) @Nullable JsonNode arguments) {}

  Route routes() {
    var approvals = segment("v1").slash("operator").slash("approvals");
    return concat(
        path(approvals, () -> get(this::list)),
        path(approvals.slash(segment()), id -> get(() -> show(id))),
        path(approvals.slash(segment()).slash("decision"), id -> post(() -> decide(id))));
  }

  private Route list() {
    return asOperator(
        READ,
        operator ->
            Requests.page(page ->
                extractRequest(request -> {
                  var status = request.getUri().query().get("status").map(ApprovalRoutes::status);
                  var before = page.cursor().map(ApprovalRoutes::cursor);
                  return Replies.async(
                      voting
                          .board()
                          .list(
                              operator.organization(),
                              status.orElse(null),
                              before.orElse(null),
                              page.limit() + 1)
                          .thenApply(found -> Replies.json(200, page(found, page.limit()))));
                })));
  }

  /** One more than asked for tells whether something follows. */
  private static Page page(List<ApprovalView> found, int limit) {
    return found.size() <= limit
        ? new Page(found, null)
        : new Page(found.subList(0, limit), found.get(limit - 1).id());
  }

  private static ApprovalStatus status(String text) {
    try {
      return ApprovalStatus.of(text);
    } catch (IllegalArgumentException _) {
      throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "There is no such status.");
    }
  }

  private static ApprovalId cursor(String text) {
    try {
      return ApprovalId.parse(text);
    } catch (IllegalArgumentException _) {
      throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "The cursor is not one of ours.");
    }
  }

  private Route show(String id) {
    return asOperator(
        READ,
        operator -> {
          var key = new ApprovalKey(operator.organization(), id(id));
          var found =
              operator.permissions().contains(DECIDE)
                  ? voting.look(key, operator.subject(), THROUGH)
                  : voting.find(key);
          return Replies.async(found.thenApply(ApprovalRoutes::answer));
        });
  }

  private static Route answer(Optional<ApprovalView> found) {
    return Replies.json(200, found.orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private Route decide(String id) {
    return asOperator(
        DECIDE,
        operator ->
            extractRequest(request -> {
              var key = new ApprovalKey(operator.organization(), id(id));
              return bodies.json(
                  DecisionBody.class,
                  body -> {
                    var mark = Requests.idempotencyKey(request);
                    var vote = vote(operator, key, body, mark);
                    return Replies.async(
                        gate.again(request, DECIDE)
                            .thenCompose(still -> {
                              requireEdit(still, body);
                              return vote.get();
                            })
                            .thenApply(ApprovalRoutes::answer));
                  },
                  problem -> noDecision(operator, key, problem));
            }));
  }

  private record Sender(OrganizationId organization, String subject) {}

  /** What is no decision is answered once it is on record. */
  private Route noDecision(OperatorClaims operator, ApprovalKey key, ProblemException problem) {
    return wrong
        .remark(new Sender(operator.organization(), operator.subject()), problem)
        .map(why ->
            Replies.async(
                voting
                    .noVote(key, operator.subject(), THROUGH, why)
                    .thenApply(_ -> Replies.problem(problem))))
        .orElseGet(() -> Replies.problem(problem));
  }

  /** What they say, checked; it is said when this is asked for. */
  private Supplier<CompletionStage<Voting.Outcome>> vote(
      OperatorClaims operator, ApprovalKey key, DecisionBody body, Optional<String> mark) {
    var ballot = ballot(operator, key.approval(), body, mark);
    var arguments = body.arguments();
    if (arguments == null) {
      return () -> voting.cast(key, ballot);
    }
    if (ballot.decision() != ApprovalView.Decision.APPROVE) {
      throw ProblemException.invalid("/arguments", "are for an approval");
    }
    requireEdit(operator, body);
    if (ExactJson.hasLargeInteger(arguments)) {
      throw ProblemException.invalid("/arguments", "have a number beyond 64 bits");
    }
    byte[] canonical = CanonicalJson.write(arguments);
    return () -> voting.edit(key, ballot, canonical);
  }

  private static void requireEdit(OperatorClaims operator, DecisionBody body) {
    if (body.arguments() != null && !operator.permissions().contains(EDIT)) {
      throw ProblemException.of(ErrorType.PERMISSION_MISSING, "This needs " + EDIT + ".");
    }
  }

  private Ballot ballot(
      OperatorClaims operator, ApprovalId approval, DecisionBody body, Optional<String> mark) {
    var decision = body.decision();
    if (decision == null) {
      throw ProblemException.invalid("/decision", "is needed: approve or deny");
    }
    String reason = body.reason() == null ? "" : body.reason();
    if (decision == ApprovalView.Decision.DENY && reason.isBlank()) {
      throw ProblemException.invalid("/reason", "is needed for a denial");
    }
    if (!PlainText.fits(reason, Ballot.MAX_REASON)) {
      throw ProblemException.invalid(
          "/reason",
          "has at most " + Ballot.MAX_REASON + " characters, none of them control characters");
    }
    var age = operator.authenticationAge(clock.instant());
    String id =
        mark.map(key -> repeatable(operator, approval, key, decision, body.arguments()))
            .orElseGet(() -> AuditId.next(clock).toString());
    return new Ballot(id, operator.subject(), THROUGH, decision, reason)
        .authenticated(age.isPresent() ? age.getAsLong() : null);
  }

  /**
   * What the same client says again with the same key is the same vote, so that whoever lost the
   * answer hears it once more. Another word is another vote, whatever its key.
   */
  private static String repeatable(
      OperatorClaims operator,
      ApprovalId approval,
      String key,
      ApprovalView.Decision decision,
      @Nullable JsonNode arguments) {
    return TokenDigest.of(
            String.join(
                "\n",
                operator.client(),
                approval.toString(),
                key,
                decision.wire(),
                // In digits, since a digest of text is one of ASCII.
                arguments == null ? "" : HexFormat.of().formatHex(CanonicalJson.write(arguments))))
        .toString();
  }

  private static Route answer(Voting.Outcome outcome) {
    return switch (outcome) {
      case Voting.Heard(var view) -> Replies.json(200, view);
      case Voting.NotEdited(var why, _) ->
          Replies.problem(ProblemException.invalid("/arguments", why));
      case Voting.NotHeard(var why, var view) -> Replies.problem(problem(why, view));
    };
  }

  private static ProblemException problem(Refusal why, @Nullable ApprovalView view) {
    return switch (why) {
      case UNKNOWN -> ProblemException.of(ErrorType.NOT_FOUND);
      case DECIDED ->
          ProblemException.of(
              ErrorType.CONFLICT,
              view == null ? "It is over." : "It is " + view.status().wire() + " already.");
      case VOTED_BEFORE ->
          ProblemException.of(ErrorType.CONFLICT, "You have said something else before.");
      case NOT_ASKED ->
          ProblemException.of(
              ErrorType.PERMISSION_MISSING, "You are not among those who are asked now.");
      case NOT_FRESH -> stepUp(view);
      case NOT_EDITABLE -> ProblemException.invalid("/arguments", "cannot be changed");
      case NOT_GRANTED -> throw new IllegalStateException("not a refusal of a vote: " + why);
    };
  }

  private static ProblemException stepUp(@Nullable ApprovalView view) {
    @Nullable Integer asked = view == null ? null : view.stepUpSeconds();
    int most = Objects.requireNonNullElse(asked, ApprovalTier.MIN_STEP_UP_SECONDS);
    return ProblemException.stepUp(
        "Whoever approves this has to have authenticated in the last %d s.".formatted(most), most);
  }

  private static ApprovalId id(String text) {
    try {
      return ApprovalId.parse(text);
    } catch (IllegalArgumentException _) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
  }

  /** Who asks comes before what is asked: a stranger learns nothing from a wrong body. */
  private Route asOperator(String permission, Function<OperatorClaims, Route> inner) {
    return extractRequest(request ->
        Replies.async(
            gate.admit(request, permission)
                .thenApply(operator -> extractRequest(_ -> inner.apply(operator)))));
  }
}
