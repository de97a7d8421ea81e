package io.redoubt.policy;

import io.redoubt.action.Act;
import io.redoubt.action.Arguments;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.net.IpLiteral;
import io.redoubt.protocol.policy.Canary;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Puts the requests whose verdict an operator stated to policies that are about to be run. */
public final class Canaries {
  /** What problems with a canary name, before its name: no document can be called so. */
  public static final String PLACE = "canary/";

  private Canaries() {}

  /** The same, unless it is a set that says otherwise than was stated: then the problems. */
  public static Compilation tried(
      Compilation compilation, OrganizationId organization, List<Canary> canaries) {
    return switch (compilation) {
      case PolicyProblems problems -> problems;
      case PolicySet set -> {
        var problems = new ArrayList<PolicyProblem>();
        for (var canary : canaries) {
          complaint(set, organization, canary)
              .ifPresent(why -> problems.add(new PolicyProblem(PLACE + canary.name(), 1, 1, why)));
        }
        yield problems.isEmpty() ? set : new PolicyProblems(problems);
      }
    };
  }

  /** Those that hold. */
  public static List<Canary> holding(
      PolicySet set, OrganizationId organization, List<Canary> canaries) {
    return canaries.stream()
        .filter(canary -> complaint(set, organization, canary).isEmpty())
        .toList();
  }

  private static Optional<String> complaint(
      PolicySet set, OrganizationId organization, Canary canary) {
    var action = PolicyAction.of(canary.action());
    var resource =
        action.flatMap(it -> PolicyResource.parse(it, canary.within(), canary.resource()));
    if (action.isEmpty() || resource.isEmpty()) {
      return Optional.of(
          "policies do not know of %s on such a resource".formatted(canary.action()));
    }
    var session = session(canary.history(), canary.time());
    if (session.isEmpty()) {
      return Optional.of("policies do not know of an earlier action");
    }
    var decision =
        set.decide(
            new PolicyRequest(
                subject(organization, canary.agent()),
                action.get(),
                resource.get(),
                facts(canary).withSession(session.get())));
    return decision.verdict() == canary.verdict()
        ? Optional.empty()
        : Optional.of(
            "should be %s, and is %s%s"
                .formatted(canary.verdict().wire(), decision.verdict().wire(), why(decision)));
  }

  private static String why(Decision decision) {
    if (!decision.errors().isEmpty()) {
      return ": " + decision.errors().getFirst();
    }
    return decision.policyIds().isEmpty()
        ? ", since no policy permits it"
        : " by " + String.join(", ", decision.policyIds());
  }

  private static Subject subject(OrganizationId organization, Canary.Agent agent) {
    return new Subject(agent.id(), organization, agent.name(), agent.owner(), agent.labels());
  }

  private static Facts facts(Canary canary) {
    var facts =
        Facts.of(canary.time(), IpLiteral.parse(canary.sourceIp()))
            .withArgs(Arguments.parse(canary.args().getBytes(StandardCharsets.UTF_8)))
            .withFindings(new HashSet<>(canary.findings()))
            .withRisk(canary.risk());
    if (canary.action().equals(PolicyAction.LLM_GENERATE.id())) {
      facts = facts.withTools(tools(canary.tools()));
    }
    var estimate = canary.estimate();
    if (estimate != null) {
      facts = facts.withEstimate(new Facts.Estimate(estimate.tokens(), estimate.cents()));
    }
    var approval = canary.approval();
    if (approval != null) {
      facts =
          facts.withApproval(
              new Facts.Approval(approval.tier(), new HashSet<>(approval.by()), approval.at()));
    }
    return facts;
  }

  /** Of an agent that has done these by then. Empty: there are none such. */
  public static Optional<Facts.Session> session(List<Canary.Earlier> history, Instant now) {
    var acts = new ArrayList<Act>();
    for (var earlier : history) {
      var resource =
          PolicyAction.of(earlier.action())
              .flatMap(it -> PolicyResource.parse(it, null, earlier.resource()));
      if (resource.isEmpty()) {
        return Optional.empty();
      }
      var act =
          new Act(
              now.minusSeconds(earlier.secondsAgo()),
              earlier.action(),
              resource.get().id(),
              earlier.verdict(),
              0);
      acts.addAll(Collections.nCopies(earlier.times(), act));
    }
    acts.sort(Comparator.comparing(Act::at));
    return Optional.of(new Facts.Session(acts));
  }

  private static DeclaredTools tools(Canary.@Nullable Tools declared) {
    return declared == null
        ? DeclaredTools.NONE
        : new DeclaredTools(declared.names(), declared.provider());
  }
}
