package io.redoubt.entity;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * How long somebody waits for an entity's answer, said to the entity. What waited longer, in a
 * buffer of a shard that moves or behind a network that was dead for a while, is dropped there. Its
 * caller has asked again since and gone on: an honest agent's old request that arrives then would
 * be a replay.
 *
 * @param clock that all nodes share, however wrong their own are
 * @param timeout after which the caller is told that nobody answers
 */
public record Patience(InstantSource clock, Duration timeout) {
  /**
   * When it is too late to begin with a question that is asked now. A little before the caller
   * gives up: clocks agree to within a moment, and the answer needs one, too.
   */
  public Instant ends() {
    return clock.instant().plus(timeout).minus(timeout.dividedBy(5));
  }
}
