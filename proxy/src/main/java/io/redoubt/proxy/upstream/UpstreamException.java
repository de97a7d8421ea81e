package io.redoubt.proxy.upstream;

import org.jspecify.annotations.Nullable;

/** Why an upstream gave no reply. */
public final class UpstreamException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Reason {
    /** No connection, or it broke before the head of the reply. */
    UNREACHABLE,
    /** Its host has no address that connections may go to. */
    FORBIDDEN,
    /** No head of a reply in time. */
    TIMEOUT,
    /** More requests wait for it than may. */
    BUSY,
    /** Withdrawn by us. */
    WITHDRAWN
  }

  private final Reason reason;

  public UpstreamException(Reason reason, @Nullable Throwable cause) {
    super(cause == null ? reason.name() : reason + ": " + cause.getMessage(), cause, false, false);
    this.reason = reason;
  }

  /** The one among the causes of a failure; if there is none, the upstream was unreachable. */
  static UpstreamException of(@Nullable Throwable failure) {
    Throwable cause = failure;
    while (cause != null) {
      if (cause instanceof UpstreamException known) {
        return known;
      }
      cause = cause.getCause();
    }
    return new UpstreamException(Reason.UNREACHABLE, failure);
  }

  public Reason reason() {
    return reason;
  }
}
