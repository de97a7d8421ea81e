package io.redoubt.multinode.check;

import io.redoubt.multinode.history.Chunk;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Isolation;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.history.Sighting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * G3: while an acknowledged isolation stands, nothing that starts is permitted, the upstream is
 * asked nothing, and no piece of a reply passes.
 */
public final class KillHolds {
  /**
   * What was on its way through the kernel when the isolation was acknowledged may still arrive.
   */
  static final Duration ON_ITS_WAY = Duration.ofMillis(250);

  private KillHolds() {}

  /** Sentences about what is wrong; empty: nothing is. */
  public static List<String> violations(History history, List<Sighting> sightings) {
    var violations = new ArrayList<String>();
    for (Isolation isolation : history.isolations()) {
      history.modelCalls().stream()
          .filter(call -> call.agent().equals(isolation.agent()))
          .filter(call -> call.permitted() && isolation.stoodAt(call.started()))
          .filter(call -> !waitedForTheRelease(call, isolation, sightings))
          .forEach(call -> violations.add("permitted: %s under %s".formatted(call, isolation)));
      sightings.stream()
          .filter(seen -> seen.agent().equals(isolation.agent()))
          .filter(seen -> stoodWellBefore(isolation, seen.nanos()))
          .forEach(seen -> violations.add("acted: %s under %s".formatted(seen, isolation)));
      history.chunks().stream()
          .filter(chunk -> chunk.agent().equals(isolation.agent()))
          .filter(chunk -> passed(chunk, isolation))
          .forEach(chunk -> violations.add("passed: %s under %s".formatted(chunk, isolation)));
    }
    return violations;
  }

  /** A call may begin under an isolation, wait for its agent to move, and be decided after it. */
  private static boolean waitedForTheRelease(
      ModelCall call, Isolation isolation, List<Sighting> sightings) {
    var seen = sightings.stream().filter(it -> it.trace().equals(call.trace())).toList();
    return !seen.isEmpty() && seen.stream().allMatch(it -> it.nanos() >= isolation.released());
  }

  private static boolean stoodWellBefore(Isolation isolation, long moment) {
    return isolation.stoodAt(moment) && moment - isolation.ended() > ON_ITS_WAY.toNanos();
  }

  private static boolean passed(Chunk chunk, Isolation isolation) {
    return isolation.stoodAt(chunk.sent());
  }
}
