package io.redoubt.multinode.check;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The end of each tier's time is noticed within a second, and never early, also by an enclave that
 * was not there a moment before.
 */
public final class DeadlinesKept {
  static final Duration WITHIN = Duration.ofSeconds(1);

  private DeadlinesKept() {}

  /**
   * One look at a request.
   *
   * @param ended how many of its tiers have ended
   */
  public record Look(String approval, Instant askedAt, Instant at, int ended) {}

  /**
   * Sentences about what is wrong; empty: nothing is.
   *
   * @param looks in the order in which they were taken
   * @param tier how long each tier lasts
   * @param tiers how many there are
   * @param since what was due before that is to be noticed by then
   */
  public static List<String> violations(List<Look> looks, Duration tier, int tiers, Instant since) {
    var violations = new ArrayList<String>();
    var ofEach = looks.stream().collect(Collectors.groupingBy(Look::approval));
    ofEach.forEach((approval, its) -> {
      long noticed = 0;
      for (Look look : its) {
        var lasted = Duration.between(look.askedAt(), look.at());
        long due = Math.min(tiers, lasted.dividedBy(tier));
        long certain = Math.min(tiers, lasted.minus(WITHIN).dividedBy(tier));
        boolean settled = look.at().isAfter(since.plus(WITHIN));
        if (look.ended() > due) {
          violations.add("early: " + look);
        } else if (settled && look.ended() < certain) {
          violations.add("late: " + look);
        }
        noticed = Math.max(noticed, look.ended());
      }
      var first = its.stream().min(Comparator.comparing(Look::at)).orElseThrow();
      if (noticed <= first.ended()) {
        violations.add("no deadline came of " + approval);
      }
    });
    return violations;
  }
}
