package io.redoubt.action;

import io.redoubt.protocol.audit.Verdict;
import java.time.Instant;

/**
 * Something that an agent did, or was kept from doing.
 *
 * @param operation such as {@code tool:call}
 * @param resource as policies call it: a model, a tool, {@code server/tool}, {@code
 *     connector/operation} or {@code host:port}
 * @param content tells one request from another: the beginning of its digest
 */
public record Act(Instant at, String operation, String resource, Verdict verdict, long content) {
  private static final int CONTENT_DIGITS = 16;

  /**
   * An act.
   *
   * @param digest of the canonical request, hex; anything else counts as the same request
   */
  public static Act of(
      Instant at, String operation, String resource, Verdict verdict, String digest) {
    return new Act(at, operation, resource, verdict, content(digest));
  }

  /** What was done to what, as {@code context.session.operations} spells it. */
  public String name() {
    return operation + ' ' + resource;
  }

  /** Whether it is the same thing, done to the same. */
  public boolean isLike(Act other) {
    return operation.equals(other.operation) && resource.equals(other.resource);
  }

  private static long content(String digest) {
    return digest.length() >= CONTENT_DIGITS
            && digest.chars().limit(CONTENT_DIGITS).allMatch(c -> Character.digit(c, 16) >= 0)
        ? Long.parseUnsignedLong(digest, 0, CONTENT_DIGITS, 16)
        : 0;
  }
}
