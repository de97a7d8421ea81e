package io.redoubt.controlplane.policy;

import static io.redoubt.controlplane.operator.Permission.POLICIES_READ;

import io.redoubt.controlplane.agent.Agents;
import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.http.Bodies;
import io.redoubt.http.Replies;
import io.redoubt.policy.Compilation;
import io.redoubt.policy.Decision;
import io.redoubt.policy.PolicyProblem;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.PolicyRequest;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.PolicyDocument;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/policies/test}: whether the draft, or other texts in its place, would be
 * published, and what it would say to requests. Nothing changes and nothing is recorded.
 */
public final class PolicyTestRoutes {
  private static final int MAX_REQUESTS = 100;

  private final Policies policies;
  private final Agents agents;
  private final PoliciesConfig config;
  private final Bodies bodies;
  private final Clock clock;

  public PolicyTestRoutes(
      Policies policies, Agents agents, PoliciesConfig config, Bodies bodies, Clock clock) {
    this.policies = policies;
    this.agents = agents;
    this.config = config;
    this.bodies = bodies;
    this.clock = clock;
  }

  /**
   * What is asked.
   *
   * @param policies in place of the draft's documents; null: these. The draft's rules and canaries
   *     stay
   */
  record TestBody(
      @Nullable List<PolicyTexts.@Nullable Text> policies,
      @Nullable List<@Nullable TestRequest> requests) {}

  /**
   * What is answered.
   *
   * @param warnings what is allowed and probably not meant
   * @param decisions one for each request; none where the texts are not valid
   */
  record Tested(
      boolean valid,
      List<PolicyProblem> problems,
      List<String> warnings,
      List<Decision> decisions) {}

  /** The texts to try, and what to ask them. */
  private record Trial(
      OrganizationId organization,
      Content content,
      List<String> warnings,
      List<PolicyRequest> requests) {}

  public List<Endpoint> endpoints() {
    return List.of(Endpoint.post("/api/v1/policies/test", POLICIES_READ, this::test));
  }

  private Route test(Call call) {
    return bodies.optionalJson(
        TestBody.class,
        given -> {
          var body = given.orElse(new TestBody(null, null));
          var documents =
              Optional.ofNullable(body.policies())
                  .map(texts ->
                      PolicyTexts.documents("/policies", texts, config.maxPerOrganization()));
          var requests =
              TestRequest.checked(
                  Optional.ofNullable(body.requests()).orElse(List.of()), MAX_REQUESTS);
          return Replies.async(
              policies
                  .workbench
                  .work(
                      call.fetch(transaction -> trial(transaction, documents, requests)),
                      PolicyTestRoutes::run,
                      PolicyTestRoutes::refused)
                  .thenApply(tested -> Answer.ok(tested).route()));
        });
  }

  private Trial trial(
      Transaction transaction,
      Optional<List<PolicyDocument>> documents,
      List<TestRequest> requests) {
    return new Trial(
        transaction.organization(),
        documents
            .map(texts -> policies.content(transaction, texts))
            .orElseGet(() -> policies.content(transaction)),
        policies.rules.warnings(transaction),
        requests.stream()
            .map(request -> request.resolve(transaction, agents, clock.instant()))
            .toList());
  }

  private static Tested refused(Trial trial, PolicyProblems why) {
    return new Tested(false, why.problems(), trial.warnings(), List.of());
  }

  private static Tested run(Trial trial) {
    Compilation compiled = trial.content().compile(trial.organization());
    return switch (compiled) {
      case PolicyProblems problems -> refused(trial, problems);
      case PolicySet set ->
          new Tested(
              true,
              List.of(),
              trial.warnings(),
              trial.requests().stream().map(set::decide).toList());
    };
  }
}
