package io.redoubt.proxy.upstream;

import org.jspecify.annotations.Nullable;

/** Why an upstream gave no reply. */
public final class UpstreamException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Reason {
    /** No connection, or it broke before the head of the reply. */
    UNREACHABLE,
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

  public Reason reason() {
    return reason;
  }
}
