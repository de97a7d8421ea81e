package io.redoubt.persistence.postgres;

import io.redoubt.protocol.problem.TemporarilyUnavailable;

/**
 * The database could not be reached, or did not answer in time; what was asked may or may not have
 * happened. The edges answer 503 with {@code Retry-After}.
 */
public final class DatabaseUnavailableException extends RuntimeException
    implements TemporarilyUnavailable {
  private static final long serialVersionUID = 1L;

  public DatabaseUnavailableException(String message) {
    super(message);
  }

  public DatabaseUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
