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
   * One look at a request, which was like that at some moment from the question to the answer.
   *
   * @param ended how many of its tiers have ended
   */
  public record Look(
      String approval, Instant askedAt, Instant asked, Instant answered, int ended) {}

  /** How long the machine stood still in some time. */
  @FunctionalInterface
  public interface Still {
    Duration between(Instant from, Instant until);
  }

  /**
   * Sentences about what is wrong; empty: nothing is.
   *
   * @param looks in the order in which they were taken
   * @param tier how long each tier lasts
   * @param tiers how many there are
   * @param since what was due before that is to be noticed by then
   * @param still in which nobody could have noticed anything
   */
  public static List<String> violations(
      List<Look> looks, Duration tier, int tiers, Instant since, Still still) {
    var violations = new ArrayList<String>();
    var ofEach = looks.stream().collect(Collectors.groupingBy(Look::approval));
    ofEach.forEach((approval, its) -> {
      long noticed = 0;
      for (Look look : its) {
        if (look.answered().isBefore(look.askedAt().plus(tier.multipliedBy(look.ended())))) {
          violations.add("early: " + look);
        } else if (look.ended() < tiers && isLate(look, tier, since, still)) {
          violations.add("late: " + look);
        }
        noticed = Math.max(noticed, look.ended());
      }
      var first = its.stream().min(Comparator.comparing(Look::asked)).orElseThrow();
      if (noticed <= first.ended()) {
        violations.add("no deadline came of " + approval);
      }
    });
    return violations;
  }

  private static boolean isLate(Look look, Duration tier, Instant since, Still still) {
    Instant due = look.askedAt().plus(tier.multipliedBy(look.ended() + 1L));
    Instant from = due.isAfter(since) ? due : since;
    return look.asked().isAfter(from.plus(WITHIN).plus(still.between(from, look.asked())));
  }
}
