package io.redoubt.policy;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.AuthorizationSuccessResponse;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import io.redoubt.policy.ArgumentType.Mismatch;
import io.redoubt.protocol.audit.Verdict;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Decides by asking Cedar about all policies and all facts at once, with no index and no memory.
 */
final class FullEvaluation {
  private static final BasicAuthorizationEngine ENGINE = new BasicAuthorizationEngine();
  private static final Consulted EVERYTHING =
      new Consulted(
          true,
          true,
          true,
          Set.of(
              "args",
              "findings",
              "risk",
              "session",
              "time",
              "source_ip",
              "tools",
              "estimate",
              "approval"),
          Set.of("env", "amount", "note"),
          Map.of(),
          Set.of(
              Tally.parse("tool:call x within 90s").orElseThrow(),
              Tally.parse("tool:call within 5m").orElseThrow()));

  private final List<Sample> samples;
  private final ArgumentType.Struct arguments;

  /** A policy, one to a document, and what its annotations say. */
  record Sample(String id, String text, boolean forbids, boolean escalates, boolean shadow) {}

  /** What a request comes to. */
  record Result(Verdict verdict, Set<String> policyIds) {}

  FullEvaluation(List<Sample> samples, ArgumentType.Struct arguments) {
    this.samples = samples;
    this.arguments = arguments;
  }

  Result decide(PolicyRequest request, boolean withShadow) throws AuthException, Mismatch {
    var response = ask(request, each -> withShadow || !each.shadow());
    if (!response.getErrors().isEmpty()) {
      return new Result(
          Verdict.DENY,
          response.getErrors().stream()
              .map(each -> each.getPolicyId())
              .collect(Collectors.toSet()));
    }
    if (response.isAllowed()) {
      return new Result(Verdict.PERMIT, response.getReason());
    }
    var forbids = new HashSet<>(response.getReason());
    boolean liftable =
        !forbids.isEmpty()
            && samples.stream()
                .filter(each -> forbids.contains(each.id()))
                .allMatch(Sample::escalates)
            && ask(request, each -> (withShadow || !each.shadow()) && !forbids.contains(each.id()))
                .isAllowed();
    return new Result(liftable ? Verdict.ESCALATE : Verdict.DENY, forbids);
  }

  private AuthorizationSuccessResponse ask(PolicyRequest request, Predicate<Sample> which)
      throws AuthException, Mismatch {
    var question = new Question(request, arguments);
    var all =
        new PolicySet(
            samples.stream()
                .filter(which)
                .map(each -> new Policy(each.text(), each.id()))
                .collect(Collectors.toSet()));
    return ENGINE
        .isAuthorized(question.authorization(EVERYTHING), all, question.entities(EVERYTHING))
        .success
        .orElseThrow();
  }
}
