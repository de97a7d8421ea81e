package io.redoubt.controlplane.policy;

import static io.redoubt.controlplane.operator.Permission.POLICIES_MANAGE;
import static io.redoubt.controlplane.operator.Permission.POLICIES_READ;

import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.http.Bodies;
import io.redoubt.http.Replies;
import io.redoubt.http.WrongBodies;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.policy.Compilation;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ApproverGroup;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.BundleDigest;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/bundles}: what is published of the draft, and where it runs. */
public final class BundleRoutes {
  private static final String PATH = "/api/v1/bundles";

  /** Of what is wrong with a draft, so much is recorded. */
  private static final int MOST_RECORDED = 3;

  private final Policies policies;
  private final Bundles bundles;
  private final Database database;
  private final PoliciesConfig config;
  private final Bodies bodies;
  private final Clock clock;
  private final WrongBodies wrong;

  public BundleRoutes(
      Policies policies, Database database, PoliciesConfig config, Bodies bodies, Clock clock) {
    this.policies = policies;
    this.bundles = policies.bundles();
    this.database = database;
    this.config = config;
    this.bodies = bodies;
    this.clock = clock;
    this.wrong = new WrongBodies(Set.of(), clock);
  }

  record PublishBody(@Nullable Long rollbackTo) {}

  /** A publication and how far it has come. */
  record Published(
      long version,
      BundleDigest digest,
      Instant publishedAt,
      String publishedBy,
      @Nullable Long rollbackOf,
      int policyCount,
      boolean pending,
      List<Rollout.Node> nodes,
      List<Rollout.Missing> missing,
      List<Rollout.Refused> refused,
      List<Rollout.Away> away) {
    static Published of(Publication it, Rollout rollout) {
      return new Published(
          it.version(),
          it.digest(),
          it.publishedAt(),
          it.publishedBy(),
          it.rollbackOf(),
          it.policyCount(),
          rollout.pending(),
          rollout.nodes(),
          rollout.missing(),
          rollout.refused(),
          rollout.away());
    }
  }

  /** The same, with its texts. */
  record Whole(
      Published bundle,
      List<PolicyDocument> policies,
      List<CanaryView> canaries,
      List<ContentDocument> contentPolicies,
      List<ApprovalWorkflow> workflows,
      List<ApproverGroup> groups) {}

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, POLICIES_READ, this::list),
        Endpoint.get(PATH + "/{version}", POLICIES_READ, this::show),
        Endpoint.post(PATH, POLICIES_MANAGE, this::publish));
  }

  private Route list(Call call) {
    call.parameters("limit", "cursor");
    return PageOf.route(call, Long::parseLong, Publication::version, bundles::list);
  }

  private Route show(Call call) {
    long version = call.id("version", Long::parseLong);
    return call.read(transaction -> {
      var found =
          bundles
              .find(transaction, version)
              .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      var content = bundles.content(transaction, version).orElseThrow();
      return Answer.ok(
          new Whole(
              Published.of(found, bundles.rollout(transaction, version, clock.instant())),
              content.documents(),
              content.canaries().stream().map(CanaryView::of).toList(),
              content.contentPolicies(),
              content.workflows(),
              content.groups()));
    });
  }

  /**
   * What is to be published, and whether it could be.
   *
   * @param asked for, with all of its canaries
   */
  private record Tried(Content asked, Content content, Compilation compilation) {}

  private Route publish(Call call) {
    return bodies.optionalJson(
        PublishBody.class,
        given -> {
          var body = given.orElse(new PublishBody(null));
          var rollbackTo = Optional.ofNullable(body.rollbackTo());
          return Replies.async(
              policies
                  .workbench
                  .work(
                      call.fetch(transaction -> wanted(transaction, rollbackTo)),
                      content -> tried(content, call.operator().organization(), rollbackTo),
                      (content, tooLong) -> new Tried(content, content, tooLong))
                  .thenCompose(tried ->
                      call.posted(
                              Publication.class, body, change -> publish(change, tried, rollbackTo))
                          .exceptionallyCompose(failure -> unpublished(call, failure)))
                  .thenCompose(published -> settled(call.operator().organization(), published))
                  .thenApply(Answer::route));
        });
  }

  /** An earlier version comes back with its own canaries, above the floor as it is now. */
  private Content wanted(Transaction transaction, Optional<Long> rollbackTo) {
    return rollbackTo.isEmpty()
        ? policies.content(transaction)
        : bundles
            .content(transaction, rollbackTo.get())
            .orElseThrow(() ->
                ProblemException.invalid("/rollback_to", "is not a version that was published"))
            .above(policies.floors.standing(transaction));
  }

  /** What held in an earlier version, and no longer does, must not keep it from coming back. */
  private static Tried tried(
      Content content, OrganizationId organization, Optional<Long> rollbackTo) {
    if (rollbackTo.isEmpty()) {
      return new Tried(content, content, content.compile(organization));
    }
    var compilation = content.compile();
    return new Tried(
        content,
        compilation instanceof PolicySet set ? content.holding(set, organization) : content,
        compilation);
  }

  private Publication publish(Change change, Tried tried, Optional<Long> rollbackTo) {
    if (tried.compilation() instanceof PolicyProblems problems) {
      throw PolicyTexts.refusal(problems);
    }
    change.lockOrganization();
    if (!wanted(change, rollbackTo).equals(tried.asked())) {
      throw ProblemException.of(
          ErrorType.CONFLICT, "The draft was changed meanwhile; look at it, and publish again.");
    }
    if (rollbackTo.isEmpty()) {
      Approvers.require(change, tried.content());
    }
    return bundles.publish(change, tried.content(), rollbackTo, how(tried, rollbackTo));
  }

  private record Sender(OrganizationId organization, String subject) {}

  /** That a tier would ask in vain is recorded by itself: what was wanted left no trace. */
  private CompletionStage<Publication> unpublished(Call call, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException e && e.getCause() != null ? e.getCause() : failure;
    CompletionStage<Publication> refused = CompletableFuture.failedFuture(cause);
    if (!(cause instanceof ProblemException problem)) {
      return refused;
    }
    String why =
        problem.errors().stream()
            .filter(each -> each.pointer().startsWith(Approvers.PLACE))
            .limit(MOST_RECORDED)
            .map(each -> each.pointer() + " " + each.detail())
            .collect(Collectors.joining("; "));
    var operator = call.operator();
    var sender = new Sender(operator.organization(), operator.subject());
    return why.isEmpty() || wrong.remark(sender, problem).isEmpty()
        ? refused
        : call.changed(
                Boolean.class,
                change -> {
                  change.auditedRefusal("bundle:refused", "draft", why);
                  return true;
                })
            .thenCompose(_ -> refused);
  }

  private static String how(Tried tried, Optional<Long> rollbackTo) {
    return rollbackTo.map(it -> "version " + it + " again").orElse("")
        + tried.asked().without(tried.content());
  }

  private CompletionStage<Answer> settled(OrganizationId organization, Publication published) {
    return settled(organization, published, clock.instant().plus(config.publishWait()));
  }

  private CompletionStage<Answer> settled(
      OrganizationId organization, Publication published, Instant deadline) {
    var signal = bundles.reported().expect(organization);
    return database
        .inOrganization(
            organization,
            handle ->
                bundles.rollout(
                    Transaction.of(organization, handle), published.version(), clock.instant()))
        .thenCompose(rollout -> {
          var body = Published.of(published, rollout);
          if (!rollout.pending()) {
            return CompletableFuture.completedFuture(
                Answer.created(PATH + "/" + published.version(), body));
          }
          return !rollout.awaited() || !clock.instant().isBefore(deadline)
              ? CompletableFuture.completedFuture(Answer.of(202, body))
              : signal
                  .atMost(config.publishPoll())
                  .thenCompose(_ -> settled(organization, published, deadline));
        });
  }
}
