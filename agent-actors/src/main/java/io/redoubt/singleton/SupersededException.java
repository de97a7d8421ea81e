package io.redoubt.singleton;

import org.jspecify.annotations.Nullable;

/** Somebody else holds the singleton by now; nothing was written. */
public final class SupersededException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SupersededException(String message) {
    super(message);
  }

  /** Whether that is what is behind the failure. */
  public static boolean isBehind(@Nullable Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SupersededException) {
        return true;
      }
    }
    return false;
  }
}
