package io.redoubt.testing;

import io.redoubt.approval.JudgeAllowance;
import io.redoubt.protocol.id.OrganizationId;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** An allowance in memory. */
public final class InMemoryJudgeAllowance implements JudgeAllowance {
  private record Day(OrganizationId organization, LocalDate day) {}

  private record Taken(long calls, long tokens) {}

  public final Outage outage = new Outage();
  private final Map<Day, Taken> taken = new HashMap<>();

  @Override
  public CompletionStage<Boolean> take(
      OrganizationId organization, LocalDate day, long tokens, Limits limits) {
    return outage.attempt(() -> {
      synchronized (this) {
        var key = new Day(organization, day);
        var before = taken.getOrDefault(key, new Taken(0, 0));
        if (before.calls() >= limits.calls() || before.tokens() + tokens > limits.tokens()) {
          return false;
        }
        taken.put(key, new Taken(before.calls() + 1, before.tokens() + tokens));
        return true;
      }
    });
  }

  @Override
  public CompletionStage<Void> giveBack(OrganizationId organization, LocalDate day, long tokens) {
    return outage.run(() -> {
      synchronized (this) {
        taken.computeIfPresent(
            new Day(organization, day),
            (_, before) ->
                new Taken(before.calls(), Math.max(0, before.tokens() - Math.max(0, tokens))));
      }
    });
  }

  /** Of one day. */
  public synchronized long tokens(OrganizationId organization, LocalDate day) {
    return taken.getOrDefault(new Day(organization, day), new Taken(0, 0)).tokens();
  }

  /** Nothing was taken. */
  public synchronized void clear() {
    taken.clear();
  }
}
