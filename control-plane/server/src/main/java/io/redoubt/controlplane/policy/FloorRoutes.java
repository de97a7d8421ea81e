package io.redoubt.controlplane.policy;

import static io.redoubt.controlplane.operator.Permission.ORGANIZATIONS_MANAGE;
import static io.redoubt.controlplane.operator.Permission.POLICIES_READ;

import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.http.Bodies;
import io.redoubt.http.Replies;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.policy.Compilation;
import io.redoubt.policy.Floor;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/floor}: what the platform forbids in every organization. Each sees it, since it
 * decides there; platform operators alone change it.
 */
public final class FloorRoutes {
  private static final String PATH = "/api/v1/floor";
  private static final int MAX_DOCUMENTS = 50;

  /** In bundles its documents have a longer name. */
  private static final int MAX_NAME = 63 - Floor.PREFIX.length();

  /** Organizations that are named in an answer. */
  private static final int MAX_NAMED = 100;

  private final Policies policies;
  private final FloorRollout rollout;
  private final Database database;
  private final PoliciesConfig config;
  private final Bodies bodies;

  public FloorRoutes(
      Policies policies,
      FloorRollout rollout,
      Database database,
      PoliciesConfig config,
      Bodies bodies) {
    this.policies = policies;
    this.rollout = rollout;
    this.database = database;
    this.config = config;
    this.bodies = bodies;
  }

  record FloorBody(@Nullable List<PolicyTexts.@Nullable Text> policies) {}

  /**
   * The floor.
   *
   * @param policies without the beginning that their names have in bundles
   */
  record View(long version, List<PolicyDocument> policies, @Nullable Instant setAt) {
    static View of(Floors.Standing standing) {
      return new View(
          standing.version(),
          standing.documents().stream()
              .map(it -> new PolicyDocument(it.name().substring(Floor.PREFIX.length()), it.cedar()))
              .toList(),
          standing.setAt());
    }
  }

  /**
   * How far it has come.
   *
   * @param below organizations whose newest bundle has an older floor, some of them
   * @param refused those of them whose policies could not be checked with it in time
   * @param yielded organizations that have it, and whose policies had to yield, some of them
   */
  record Progress(
      long version,
      List<OrganizationId> below,
      List<FloorRollout.Refused> refused,
      List<FloorRollout.Yielded> yielded) {
    Progress with(List<FloorRollout.Yielded> those) {
      return new Progress(version, below, refused, those);
    }
  }

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, POLICIES_READ, this::show),
        Endpoint.put(PATH, ORGANIZATIONS_MANAGE, this::put),
        Endpoint.get(PATH + "/rollout", ORGANIZATIONS_MANAGE, this::progress));
  }

  private Route show(Call call) {
    return call.read(transaction -> {
      var standing = policies.floors.standing(transaction);
      return Answer.ok(View.of(standing)).withVersion(standing.version());
    });
  }

  private Route put(Call call) {
    return bodies.json(
        FloorBody.class,
        body -> {
          var documents = documents(body);
          return Replies.async(
              policies
                  .<List<PolicyDocument>, Compilation>work(
                      CompletableFuture.completedFuture(documents),
                      Floor::compile,
                      (_, tooLong) -> tooLong)
                  .thenCompose(compilation ->
                      call.changed(
                          Floors.Standing.class,
                          change -> put(call, change, documents, compilation)))
                  .thenCompose(_ -> rolledOut())
                  .thenApply(it -> Answer.ok(it).withVersion(it.version()).route()));
        });
  }

  private static List<PolicyDocument> documents(FloorBody body) {
    if (body.policies() == null) {
      throw ProblemException.invalid("/policies", "are needed; none: nothing is forbidden");
    }
    var documents = PolicyTexts.documents("/policies", body.policies(), MAX_DOCUMENTS);
    if (documents.stream().anyMatch(it -> it.name().length() > MAX_NAME)) {
      throw ProblemException.invalid("/policies/name", "has at most " + MAX_NAME + " characters");
    }
    return documents.stream()
        .map(it -> new PolicyDocument(Floor.PREFIX + it.name(), it.cedar()))
        .toList();
  }

  private Floors.Standing put(
      Call call, Change change, List<PolicyDocument> documents, Compilation compilation) {
    if (compilation instanceof PolicyProblems problems) {
      throw PolicyTexts.refusal(problems);
    }
    policies.floors.lock(change);
    var standing = policies.floors.standing(change);
    call.requireMatch(standing.version());
    return policies.floors.put(change, documents, standing.content());
  }

  /** Waits for the organizations, if there are not too many: they are gone through anyway. */
  CompletionStage<Progress> rolledOut() {
    return rollout
        .everywhere()
        .toCompletableFuture()
        .copy()
        .completeOnTimeout(null, config.publishWait().toMillis(), TimeUnit.MILLISECONDS)
        .thenCompose(_ -> standing());
  }

  private CompletionStage<Progress> standing() {
    return database
        .inTransaction(handle -> {
          var below = Floors.below(handle, Optional.empty(), MAX_NAMED);
          return new Progress(
              Floors.standing(handle).version(),
              below,
              rollout.refused().stream().filter(it -> below.contains(it.organizationId())).toList(),
              List.of());
        })
        .thenCompose(progress -> rollout.yielded(MAX_NAMED).thenApply(progress::with));
  }

  private Route progress(Call call) {
    call.parameters();
    return Replies.async(standing().thenApply(it -> Answer.ok(it).route()));
  }
}
