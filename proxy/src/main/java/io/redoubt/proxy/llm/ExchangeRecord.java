package io.redoubt.proxy.llm;

import io.opentelemetry.api.trace.Span;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.audit.Usage;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.PayloadRecording;
import io.redoubt.proxy.decide.ReplyRecorder;
import io.redoubt.proxy.llm.Admission.Admitted;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * What is told of an exchange when it is over: what it used, what was found in its reply, what was
 * said in it where the organization wants that kept, and how it ended.
 */
final class ExchangeRecord {
  /**
   * Looked at together: a look at each small piece of a stream would cost as much as passing it.
   */
  private static final int LOOK_BYTES = 4 * 1024;

  /** How much is known of what a call used. */
  enum Used {
    /** Nothing went out, or the provider refused it. */
    NOTHING,
    /** What the reply says, which came to its end. */
    AS_SAID,
    /** The reply broke off, or never came: nobody can know. */
    UNKNOWN
  }

  private final Forwarding forwarding;
  private final LlmCall call;
  private final Admitted admitted;
  private final Span span;
  private final long sent = System.nanoTime();
  private final @Nullable OrganizationSpec keptFor;
  private final CompletableFuture<Boolean> requestKept;
  private String mediaType = "";
  private @Nullable UsageMeter meter;
  private @Nullable ReplyContent content;
  private @Nullable ReplyRecorder reply;
  private @Nullable String complaint;
  private ByteString unseen = ByteString.emptyByteString();

  ExchangeRecord(Forwarding forwarding, LlmCall call, Admitted admitted, Span span) {
    this.forwarding = forwarding;
    this.call = call;
    this.admitted = admitted;
    this.span = span;
    var claims = admitted.agent().claims();
    this.keptFor = forwarding.payloads().wantedBy(claims.organization()).orElse(null);
    this.requestKept =
        keptFor == null
            ? CompletableFuture.completedFuture(true)
            : forwarding.payloads().keepRequest(keptFor, claims, call.action(), admitted.body());
  }

  /** The head of the reply is here. */
  void begins(String type, boolean encoded) {
    mediaType = type;
    meter = UsageMeter.of(admitted.provider().kind(), type, encoded);
    content = forwarding.contentOf(call, admitted.content(), type, encoded);
    reply = keptFor == null ? null : forwarding.payloads().replyRecorder();
  }

  void sees(ByteString chunk) {
    unseen = unseen.concat(chunk);
    if (unseen.size() >= LOOK_BYTES) {
      look();
    }
  }

  private void look() {
    if (unseen.isEmpty()) {
      return;
    }
    var chunk = unseen.compact();
    unseen = ByteString.emptyByteString();
    if (meter != null) {
      meter.see(chunk);
    }
    if (content != null) {
      content.see(chunk);
    }
    if (reply != null) {
      reply.see(chunk);
    }
  }

  /** Whether the reply itself reported an error in its midst. */
  boolean sawError() {
    look();
    return meter != null && meter.sawError();
  }

  /**
   * Nobody could read all of the reply.
   *
   * @param why in our own words: nothing of the reply is in it
   */
  void lacks(String why) {
    complaint = why;
  }

  /** Called once. The outcome is written when the payloads are kept, or cannot be. */
  void conclude(Outcome.Status how, @Nullable String error, Used used, List<Coverage.Act> acts) {
    look();
    var price = forwarding.prices().of(admitted.facts().model());
    var usage = usage(how, price);
    var outcome = new Outcome(how, call.elapsedMillis(), usage, error, charged(usage, used));
    forwarding
        .telemetry()
        .end(call, admitted, price.orElse(null), span, System.nanoTime() - sent, outcome);
    var found = content == null ? Inspected.NOTHING : content.end();
    var inspected =
        found.lacking(complaint).after(admitted.content().alerts(found.findings())).after(acts);
    if (keptFor == null) {
      write(outcome, inspected);
      return;
    }
    var replyKept =
        reply == null
            ? CompletableFuture.completedFuture(true)
            : forwarding
                .payloads()
                .keepReply(keptFor, admitted.agent().claims(), call.action(), mediaType, reply);
    var _ =
        requestKept.thenAcceptBoth(
            replyKept,
            (request, all) ->
                write(request && all ? outcome : PayloadRecording.without(outcome), inspected));
  }

  private void write(Outcome outcome, Inspected inspected) {
    forwarding.conclude(
        call,
        new AuditOutcome(
            call.action().auditId(),
            admitted.agent().claims().organization(),
            forwarding.clock().instant(),
            outcome,
            inspected.findings(),
            inspected.coverage()));
  }

  /** What the agent's budget is charged; null where nothing was kept for the call. */
  private @Nullable Spend charged(@Nullable Usage usage, Used used) {
    var reserved = call.reserved();
    if (reserved == null) {
      return null;
    }
    var seen = usage == null ? Spend.ZERO : Spend.of(usage);
    return switch (used) {
      case NOTHING -> seen;
      case AS_SAID -> usage == null ? reserved.spend() : seen;
      case UNKNOWN -> reserved.spend().orMore(seen);
    };
  }

  private @Nullable Usage usage(Outcome.Status how, Optional<Price> price) {
    if (meter == null || call.operation() == LlmOperation.COUNT_TOKENS) {
      return null;
    }
    var usage = meter.usage(price);
    if (usage.isEmpty() && how == Outcome.Status.SUCCEEDED) {
      forwarding.telemetry().unmetered();
    }
    if (usage.isPresent() && price.isEmpty()) {
      forwarding.telemetry().unpriced();
    }
    return usage.orElse(null);
  }
}
