package io.redoubt.session;

import io.redoubt.action.Act;
import io.redoubt.policy.PolicyResource;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.link.Manifest;
import io.redoubt.protocol.link.WorkingHours;
import io.redoubt.session.Risk.Contribution;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Says how much an action is out of line with what the agent is for and what it usually does. */
public final class Assessor {
  /** Before that an agent has no habits that it could leave. */
  private static final int HABIT = 20;

  /** So many acts in so short a time are a burst. */
  private static final int BURST = 50;

  private static final Duration BURST_WITHIN = Duration.ofSeconds(10);

  /** So many equal requests among so many are a loop. */
  private static final int LOOP = 5;

  private static final int LOOP_AMONG = 10;

  /** An agent that was denied so often among so many looks for a way around. */
  private static final int DENIALS = 3;

  private static final int DENIALS_AMONG = 10;

  private final RiskConfig config;

  public Assessor(RiskConfig config) {
    this.config = config;
  }

  /**
   * Assesses an action before it is decided.
   *
   * @param act the action; its verdict does not matter
   * @param findings what the inspectors found in it
   * @param hours when people of its organization are at work; empty: as it is set here
   */
  public Risk assess(
      Act act,
      PolicyResource resource,
      Manifest manifest,
      Set<String> findings,
      Session session,
      Optional<WorkingHours> hours) {
    var found = new ArrayList<Contribution>();
    add(found, "off-intent", config.offIntent(), isOffIntent(resource, manifest));
    add(
        found,
        "new-operation",
        config.newOperation(),
        session.size() >= HABIT && !session.hasDone(act));
    add(found, "drift", config.drift(), session.drift().isPresent());
    add(found, "burst", config.burst(), isBurst(act.at(), session));
    add(found, "loop", config.loop(), isLoop(act, session));
    add(found, "denials", config.denials(), isDeniedOften(session));
    if (!findings.isEmpty()) {
      findings.stream()
          .sorted()
          .forEach(each -> add(found, "finding " + each, config.finding(), true));
    }
    add(found, "off-hours", config.offHours(), isOffHours(act.at(), hours));
    return found.isEmpty() ? Risk.NONE : Risk.of(found);
  }

  private static void add(List<Contribution> found, String name, int points, boolean holds) {
    if (holds && points > 0) {
      found.add(new Contribution(name, points));
    }
  }

  private static boolean isOffIntent(PolicyResource resource, Manifest manifest) {
    return !switch (resource) {
      case PolicyResource.Model(_, var name) -> manifest.foreseesModel(name);
      case PolicyResource.Tool(var name) -> manifest.foreseesOperation(name);
      case PolicyResource.McpTool(var server, var name) -> manifest.foreseesOperation(server, name);
      case PolicyResource.Operation(var connector, var name) ->
          manifest.foreseesOperation(connector, name);
      case PolicyResource.Host(var name, var port) -> manifest.foreseesHost(name, port);
    };
  }

  private static boolean isBurst(Instant now, Session session) {
    var since = now.minus(BURST_WITHIN);
    return session.size() >= BURST && session.all(BURST, each -> each.at().isAfter(since));
  }

  /** Where it cannot be read when they are at work, they never are. */
  private boolean isOffHours(Instant at, Optional<WorkingHours> said) {
    return config.offHours() > 0
        && said.map(RiskConfig.Hours::of)
            .orElse(Optional.of(config.hours()))
            .filter(hours -> hours.contain(at))
            .isEmpty();
  }

  private static boolean isLoop(Act act, Session session) {
    return session.count(LOOP_AMONG, each -> each.content() == act.content() && each.isLike(act))
        >= LOOP;
  }

  private static boolean isDeniedOften(Session session) {
    return session.count(DENIALS_AMONG, each -> each.verdict() == Verdict.DENY) >= DENIALS;
  }
}
