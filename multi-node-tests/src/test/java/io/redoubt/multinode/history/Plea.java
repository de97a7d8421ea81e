package io.redoubt.multinode.history;

/**
 * One call that people have to approve first.
 *
 * @param subject by which calls are told apart: those of one agent about one subject are the same
 *     call, byte for byte
 * @param ended {@link Timed#NEVER} exactly where the answer is {@link Maybe}
 */
public record Plea(String agent, String subject, long started, long ended, Answer answer)
    implements Timed {

  public Plea {
    if (started > ended || (answer instanceof Maybe) != (ended == NEVER)) {
      throw new IllegalArgumentException("a call ends after its start, and a maybe never");
    }
  }

  /** How the enclave answered. */
  public sealed interface Answer {}

  /** The upstream's own answer. */
  public record Passed() implements Answer {}

  /** It waits for people. */
  public record Pending(String approval) implements Answer {}

  /** People did not want it. */
  public record Denied(String approval) implements Answer {}

  /** Certainly without effect. */
  public record Refused(String why) implements Answer {}

  /** A time-out, a broken connection, a 5xx: it may have passed, or may yet. */
  public record Maybe(String why) implements Answer {}
}
