package io.redoubt.protocol.problem;

/**
 * Marks an exception that means "not right now, nothing was done or it may be asked again": callers
 * answer 503 with {@code Retry-After}.
 */
public interface TemporarilyUnavailable {
  default int retryAfterSeconds() {
    return 1;
  }
}
