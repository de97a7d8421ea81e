package io.redoubt.protocol.problem;

import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Ends a request with an error of the closed list. The detail is for the caller: nothing internal.
 */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorType type;
  private final transient List<Problem.FieldError> errors;
  private final int retryAfterSeconds;
  private final int maxAgeSeconds;

  private ProblemException(
      ErrorType type,
      @Nullable String detail,
      List<Problem.FieldError> errors,
      int retryAfterSeconds,
      int maxAgeSeconds) {
    // No stack trace: this is an answer, and at thousands a second the trace would be the cost.
    super(detail, null, false, false);
    this.type = type;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
    this.maxAgeSeconds = maxAgeSeconds;
  }

  public static ProblemException of(ErrorType type) {
    return new ProblemException(type, null, List.of(), -1, -1);
  }

  public static ProblemException of(ErrorType type, String detail) {
    return new ProblemException(type, detail, List.of(), -1, -1);
  }

  public static ProblemException invalid(String pointer, String detail) {
    return new ProblemException(
        ErrorType.INVALID_REQUEST, null, List.of(new Problem.FieldError(pointer, detail)), -1, -1);
  }

  public static ProblemException invalid(List<Problem.FieldError> errors) {
    return new ProblemException(ErrorType.INVALID_REQUEST, null, List.copyOf(errors), -1, -1);
  }

  /** For 429 and 503, which say when to come back. */
  public static ProblemException retryAfter(ErrorType type, String detail, int seconds) {
    return new ProblemException(type, detail, List.of(), seconds, -1);
  }

  /**
   * Whoever calls is known, but has not proved it lately (RFC 9470).
   *
   * @param maxAgeSeconds how long ago that may be
   */
  public static ProblemException stepUp(String detail, int maxAgeSeconds) {
    return new ProblemException(ErrorType.STEP_UP_NEEDED, detail, List.of(), -1, maxAgeSeconds);
  }

  public ErrorType type() {
    return type;
  }

  public List<Problem.FieldError> errors() {
    return errors == null ? List.of() : errors;
  }

  /** How long ago the caller may have authenticated; empty: it is not about that. */
  public OptionalInt maxAgeSeconds() {
    return maxAgeSeconds < 0 ? OptionalInt.empty() : OptionalInt.of(maxAgeSeconds);
  }

  public OptionalInt retryAfterSeconds() {
    return retryAfterSeconds < 0 ? OptionalInt.empty() : OptionalInt.of(retryAfterSeconds);
  }
}
