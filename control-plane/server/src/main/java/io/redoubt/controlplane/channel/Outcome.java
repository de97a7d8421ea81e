package io.redoubt.controlplane.channel;

import java.time.Duration;
import java.util.function.Function;

/** What came of one call to a channel. */
sealed interface Outcome<T> {

  /** It did what it should. */
  record Done<T>(T answer) implements Outcome<T> {}

  /**
   * Nothing is wrong with the call, but there is no going on in this channel before a while.
   *
   * @param reached whether it may have done its work all the same
   * @param pause what the other side asked for; zero: nothing, so the channel's own back-off counts
   */
  record Later<T>(String why, boolean reached, Duration pause) implements Outcome<T> {}

  /** The other side will never do this. */
  record Refused<T>(String why) implements Outcome<T> {}

  /** The same, with what comes of the answer. */
  default <U> Outcome<U> then(Function<T, Outcome<U>> next) {
    return switch (this) {
      case Done<T>(var answer) -> next.apply(answer);
      case Later<T>(var why, var reached, var pause) -> new Later<>(why, reached, pause);
      case Refused<T>(var why) -> new Refused<>(why);
    };
  }
}
