package io.redoubt.proxy.llm;

import io.redoubt.protocol.audit.Outcome;
import io.redoubt.proxy.stream.Cut;
import org.jspecify.annotations.Nullable;

/** How the passing on of a reply ended. */
enum ReplyEnd {
  COMPLETE(Outcome.Status.SUCCEEDED, null),
  /** The upstream broke off. */
  BROKEN(Outcome.Status.FAILED, "upstream-broke-off"),
  /** The upstream fell silent. */
  SILENT(Outcome.Status.FAILED, "upstream-silent"),
  CLIENT_GONE(Outcome.Status.CANCELLED, "client-gone"),
  CLIENT_STALLED(Outcome.Status.CANCELLED, "client-stalled"),
  CUT(Outcome.Status.CUT, "agent-stopped"),
  LEASE_LOST(Outcome.Status.CUT, "lease-lost"),
  NODE_ENDS(Outcome.Status.CUT, "node-ends");

  private final Outcome.Status status;
  private final @Nullable String error;

  ReplyEnd(Outcome.Status status, @Nullable String error) {
    this.status = status;
    this.error = error;
  }

  static ReplyEnd of(Cut why) {
    return switch (why) {
      case STOPPED -> CUT;
      case LEASE_LOST -> LEASE_LOST;
      case NODE_ENDS -> NODE_ENDS;
    };
  }

  Outcome.Status status() {
    return status;
  }

  @Nullable String error() {
    return error;
  }
}
