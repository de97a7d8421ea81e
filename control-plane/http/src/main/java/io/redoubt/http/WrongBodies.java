package io.redoubt.http;

import io.redoubt.protocol.problem.Problem;
import io.redoubt.protocol.problem.ProblemException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;

/**
 * What a log is told of bodies that were not what was asked for: what is wrong with them, nothing
 * that they say, and of each sender so many a second at most, so that nobody fills it (G11).
 */
public final class WrongBodies {
  private static final int TOLD_PER_SECOND = 1;
  private static final int TOLD_AT_ONCE = 30;
  private static final int REMEMBERED = 10_000;

  private final RateLimiter senders;
  private final Set<String> pointers;

  /**
   * None were told of yet.
   *
   * @param pointers to what a body may have: others are their senders' own words
   */
  public WrongBodies(Set<String> pointers, InstantSource clock) {
    this.senders = new RateLimiter(TOLD_PER_SECOND, TOLD_AT_ONCE, REMEMBERED, clock);
    this.pointers = Set.copyOf(pointers);
  }

  /**
   * What is to be recorded; empty: enough is on record of this sender for now.
   *
   * @param sender from a verified credential, so that nobody invents others
   */
  public Optional<String> remark(Object sender, ProblemException problem) {
    if (senders.retryAfterSeconds(sender).isPresent()) {
      return Optional.empty();
    }
    String code = problem.type().code();
    return Optional.of(
        problem.errors().stream()
            .map(Problem.FieldError::pointer)
            .filter(pointers::contains)
            .findFirst()
            .map(pointer -> code + ", " + pointer)
            .orElse(code));
  }
}
