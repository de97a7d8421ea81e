package io.redoubt.multinode.history;

/**
 * What somebody said to a request for approval.
 *
 * @param through which channel
 * @param ended {@link Timed#NEVER} exactly where the answer is {@link Maybe}
 */
public record Vote(
    String approval, String through, boolean approves, long started, long ended, Answer answer)
    implements Timed {

  public Vote {
    if (started > ended || (answer instanceof Maybe) != (ended == NEVER)) {
      throw new IllegalArgumentException("a call ends after its start, and a maybe never");
    }
  }

  /** What was said to it. */
  public sealed interface Answer {}

  /** It counts. */
  public record Heard(String status) implements Answer {}

  /** It was decided, or over, before. */
  public record Late(String why) implements Answer {}

  /** Certainly without effect, for a reason of its own. */
  public record Refused(String why) implements Answer {}

  /** Nobody knows whether it counts, or will. */
  public record Maybe(String why) implements Answer {}
}
