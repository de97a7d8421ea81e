package io.redoubt.proxy.llm;

import io.redoubt.protocol.audit.Outcome;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.llm.reply.ReplyGuard;
import io.redoubt.proxy.llm.reply.TextGuard;
import io.redoubt.proxy.stream.Cut;
import org.jspecify.annotations.Nullable;

/** How the passing on of a reply ended. */
enum ReplyEnd {
  COMPLETE(Outcome.Status.SUCCEEDED, null),
  /** The upstream broke off. */
  BROKEN(Outcome.Status.FAILED, "upstream-broke-off"),
  /** The upstream fell silent. */
  SILENT(Outcome.Status.FAILED, "upstream-silent"),
  /** Nobody can say for certain which tool calls are in it. */
  NOT_UNDERSTOOD(Outcome.Status.FAILED, "reply-not-understood"),
  /** More would have to be held back than is allowed. */
  TOO_LARGE(Outcome.Status.FAILED, "tool-call-too-large"),
  /** It came to its end in the middle of a tool call. */
  UNFINISHED(Outcome.Status.FAILED, "tool-call-unfinished"),
  /** Content policy has ended it. */
  CONTENT_BLOCKED(Outcome.Status.FAILED, "content-blocked"),
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

  static ReplyEnd of(ReplyGuard.Cut why) {
    return switch (why) {
      case NOT_UNDERSTOOD -> NOT_UNDERSTOOD;
      case TOO_LARGE -> TOO_LARGE;
      case UNFINISHED -> UNFINISHED;
    };
  }

  static ReplyEnd of(TextGuard.Stop why) {
    return switch (why) {
      case BLOCKED -> CONTENT_BLOCKED;
      case NOT_UNDERSTOOD -> NOT_UNDERSTOOD;
    };
  }

  /** What its client hears where nothing of it has gone out. */
  Refusal refusal() {
    return switch (this) {
      case BROKEN -> Refusal.UPSTREAM_UNREACHABLE;
      case SILENT -> Refusal.UPSTREAM_TIMEOUT;
      case NOT_UNDERSTOOD, UNFINISHED -> Refusal.REPLY_NOT_UNDERSTOOD;
      case TOO_LARGE -> Refusal.REPLY_TOO_LARGE;
      case CONTENT_BLOCKED -> Refusal.REPLY_BLOCKED;
      case CUT -> Refusal.CUT;
      case LEASE_LOST, NODE_ENDS -> Refusal.OUT_OF_SERVICE;
      case CLIENT_GONE, CLIENT_STALLED, COMPLETE -> Refusal.UNAVAILABLE;
    };
  }

  Outcome.Status status() {
    return status;
  }

  @Nullable String error() {
    return error;
  }
}
