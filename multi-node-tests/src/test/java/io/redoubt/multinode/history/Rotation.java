package io.redoubt.multinode.history;

import org.jspecify.annotations.Nullable;

/**
 * One use of a refresh token. Tokens appear as labels (digests), so that a failed history can be
 * printed.
 *
 * @param family label of the family
 * @param presented label of the token that was spent
 * @param committed label of the successor that the client made itself; null: the enclave makes it
 * @param ended {@link Timed#NEVER} exactly where the answer is {@link Maybe}
 */
public record Rotation(
    String family,
    String presented,
    @Nullable String committed,
    long started,
    long ended,
    Answer answer)
    implements Timed {

  public Rotation {
    if (started > ended || (answer instanceof Maybe) != (ended == NEVER)) {
      throw new IllegalArgumentException("a call ends after its start, and a maybe never");
    }
  }

  /** How the enclave answered. */
  public sealed interface Answer {}

  /**
   * 200.
   *
   * @param successor label of the token that stands now
   * @param accessId the access token's {@code jti}
   */
  public record Granted(String successor, String accessId) implements Answer {}

  /** 409: the token was spent before, and the family is dead now. */
  public record Replayed() implements Answer {}

  /** 401: the family is dead. */
  public record Refused() implements Answer {}

  /** Certainly without effect: refused at the door (403, 422, 429), or never sent. */
  public record NotSpent(String why) implements Answer {}

  /** A time-out, a broken connection, a 5xx: took effect, or will, or never. */
  public record Maybe(String why) implements Answer {}
}
