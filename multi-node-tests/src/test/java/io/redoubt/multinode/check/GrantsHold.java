package io.redoubt.multinode.check;

import io.redoubt.multinode.history.Fate;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Isolation;
import io.redoubt.multinode.history.Plea;
import io.redoubt.multinode.history.Sighting;
import io.redoubt.multinode.history.Vote;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * G9: each request is decided once, by whoever said so first; what was granted passes at most as
 * often as granted, and what was not, never; none is lost. What passed, the upstream knows best. In
 * workflows where one voice decides.
 */
public final class GrantsHold {
  private final History history;
  private final List<Sighting> sightings;
  private final Map<String, Fate> fates;
  private final ToIntFunction<String> uses;
  private final List<String> violations = new ArrayList<>();

  /** Which requests were made for each call. */
  private final Map<String, Set<String>> requests = new LinkedHashMap<>();

  private final Map<String, String> subjects = new HashMap<>();

  private GrantsHold(
      History history,
      List<Sighting> sightings,
      Map<String, Fate> fates,
      ToIntFunction<String> uses) {
    this.history = history;
    this.sightings = sightings;
    this.fates = fates;
    this.uses = uses;
  }

  /**
   * Sentences about what is wrong; empty: nothing is.
   *
   * @param sightings what came to the upstream of the agents of the history
   * @param fates what the product says, by request
   * @param uses how often one grant is good, by subject
   */
  public static List<String> violations(
      History history,
      List<Sighting> sightings,
      Map<String, Fate> fates,
      ToIntFunction<String> uses) {
    var check = new GrantsHold(history, sightings, fates, uses);
    check.collect();
    check.fates.values().forEach(check::checkFate);
    history.votes().forEach(check::checkVote);
    check.requests.forEach(check::checkPasses);
    history.isolations().forEach(check::checkIsolation);
    return check.violations;
  }

  private void collect() {
    for (Plea plea : history.pleas()) {
      switch (plea.answer()) {
        case Plea.Pending(var approval) -> note(plea, approval);
        case Plea.Denied(var approval) -> note(plea, approval);
        case Plea.Passed _, Plea.Refused _, Plea.Maybe _ ->
            requests.computeIfAbsent(plea.subject(), _ -> new HashSet<>());
      }
    }
    for (Sighting seen : sightings) {
      requests.computeIfAbsent(seen.trace(), _ -> new HashSet<>());
    }
  }

  private void note(Plea plea, String approval) {
    requests.computeIfAbsent(plea.subject(), _ -> new HashSet<>()).add(approval);
    var other = subjects.put(approval, plea.subject());
    if (other != null && !other.equals(plea.subject())) {
      violations.add("%s is for %s and for %s".formatted(approval, other, plea.subject()));
    }
    var fate = fates.get(approval);
    if (fate == null) {
      violations.add("lost: %s, which was told in %s".formatted(approval, plea));
    } else if (!fate.agent().equals(plea.agent())) {
      violations.add("another agent's: %s, told in %s".formatted(fate, plea));
    }
  }

  private void checkFate(Fate fate) {
    long granted = fate.count("granted");
    long denied = fate.count("denied");
    boolean used = fate.count("used") > granted * usesOf(fate);
    if (fate.count("asked") != 1
        || granted + denied > 1
        || denied + fate.count("expired") + fate.count("cancelled") > 1
        || used) {
      violations.add("decided, ended or used too often: " + fate);
    }
    boolean fits =
        switch (fate.status()) {
          case "pending" -> granted + denied + fate.count("expired") + fate.count("cancelled") == 0;
          case "approved" -> granted == 1;
          case "consumed" -> granted == 1 && fate.count("used") == usesOf(fate);
          case "denied" -> denied == 1;
          case "expired" -> fate.count("expired") == 1;
          case "cancelled" -> fate.count("cancelled") == 1;
          default -> false;
        };
    if (!fits) {
      violations.add("stands otherwise than is recorded: " + fate);
    }
  }

  private int usesOf(Fate fate) {
    var subject = subjects.get(fate.approval());
    return subject == null ? 1 : uses.applyAsInt(subject);
  }

  private void checkVote(Vote vote) {
    var fate = fates.get(vote.approval());
    if (fate == null) {
      violations.add("lost: what was voted on in " + vote);
      return;
    }
    boolean holds =
        switch (vote.answer()) {
          case Vote.Heard _ -> fate.count(vote.approves() ? "granted" : "denied") == 1;
          case Vote.Late _ -> !fate.status().equals("pending");
          case Vote.Refused _, Vote.Maybe _ -> true;
        };
    if (!holds) {
      violations.add("said otherwise than is recorded: %s, %s".formatted(vote, fate));
    }
  }

  private void checkPasses(String subject, Set<String> of) {
    long passed = passes(subject, Long.MIN_VALUE);
    var known = of.stream().map(fates::get).filter(fate -> fate != null).toList();
    long granted =
        known.stream().mapToLong(fate -> fate.count("granted") * uses.applyAsInt(subject)).sum();
    long used = known.stream().mapToLong(fate -> fate.count("used")).sum();
    long answered =
        history.pleas().stream()
            .filter(plea -> plea.subject().equals(subject))
            .filter(plea -> plea.answer() instanceof Plea.Passed)
            .count();
    if (passed > granted || passed > used || answered > passed) {
      violations.add(
          "%s passed %d times, was granted %d times, used %d times, answered %d times: %s"
              .formatted(subject, passed, granted, used, answered, known));
    }
  }

  private long passes(String subject, long since) {
    return sightings.stream()
        .filter(seen -> seen.trace().equals(subject) && seen.nanos() > since)
        .count();
  }

  /** What was granted before it lets nothing pass, although it was lifted. */
  private void checkIsolation(Isolation isolation) {
    long since = isolation.ended() + KillHolds.ON_ITS_WAY.toNanos();
    requests.forEach((subject, of) -> {
      boolean concerned =
          of.stream()
              .map(fates::get)
              .anyMatch(fate -> fate != null && fate.agent().equals(isolation.agent()));
      long grantedSince =
          history.votes().stream()
              .filter(vote -> of.contains(vote.approval()) && vote.approves())
              .filter(vote -> vote.ended() > isolation.started())
              .map(Vote::approval)
              .distinct()
              .count();
      long passed = passes(subject, since);
      if (concerned && passed > grantedSince * uses.applyAsInt(subject)) {
        violations.add(
            "%s passed %d times on what was granted before %s"
                .formatted(subject, passed, isolation));
      }
    });
  }
}
