package io.redoubt.proxy.llm;

import io.redoubt.http.HttpServer;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.proxy.llm.Admission.Admitted;
import io.redoubt.proxy.upstream.UpstreamCall;
import io.redoubt.proxy.upstream.UpstreamException;
import io.redoubt.proxy.upstream.UpstreamReply;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * A permitted call from its first byte upstream to its outcome. Whichever way it ends, it ends
 * once: the stream is closed and the outcome written (G4).
 */
final class LlmExchange implements ReplySource.Owner {
  private enum Phase {
    /** The head of the reply is not here yet. */
    WAITING,
    /** The reply was handed to the server, which has not begun to read it. */
    OFFERED,
    READING,
    OVER
  }

  private final Forwarding forwarding;
  private final LlmCall call;
  private final Admitted admitted;
  private final ExchangeRecord record;
  private final UpstreamCall upstream;
  private final long sent = System.nanoTime();
  private Phase phase = Phase.WAITING;
  private boolean clientGone;
  private Consumer<ReplyEnd> breakOff = _ -> {};

  private int status;

  LlmExchange(Forwarding forwarding, LlmCall call, Admitted admitted, UpstreamCall upstream) {
    this.forwarding = forwarding;
    this.call = call;
    this.admitted = admitted;
    this.upstream = upstream;
    this.record = new ExchangeRecord(forwarding, call, admitted);
  }

  /** The reply as the client gets it; fails with {@link Refusal.Raised}. */
  CompletionStage<HttpResponse> reply() {
    admitted.stream().onCut(_ -> upstream.withdraw());
    var reply =
        upstream
            .reply()
            .handle((response, failure) -> {
              if (failure != null) {
                throw new Refusal.Raised(failed(Causes.of(failure)));
              }
              return repliedOrFailed(response);
            });
    call.request()
        .getAttribute(HttpServer.CLIENT_GONE)
        .ifPresent(gone -> {
          var _ = gone.whenComplete((_, _) -> clientIsGone());
        });
    return reply;
  }

  private Refusal failed(Throwable failure) {
    var reason =
        failure instanceof UpstreamException known
            ? known.reason()
            : UpstreamException.Reason.UNREACHABLE;
    var refusal = Refusal.of(reason);
    if (reason == UpstreamException.Reason.WITHDRAWN) {
      var why = admitted.stream().whyCut();
      finish(why == null ? ReplyEnd.CLIENT_GONE : ReplyEnd.of(why));
      return why == null ? refusal : Refusal.of(why);
    } else {
      Causes.log("The provider " + admitted.provider().name() + " gave no reply", failure);
      finish(Outcome.Status.FAILED, refusal.code());
    }
    return refusal;
  }

  private HttpResponse repliedOrFailed(UpstreamReply response) {
    try {
      return replied(response);
    } catch (RuntimeException e) {
      upstream.withdraw();
      finish(Outcome.Status.FAILED, Refusal.INTERNAL.code());
      throw e;
    }
  }

  private HttpResponse replied(UpstreamReply response) {
    var why = admitted.stream().whyCut();
    if (why != null) {
      upstream.withdraw();
      finish(ReplyEnd.of(why));
      throw new Refusal.Raised(Refusal.of(why));
    }
    forwarding.telemetry().replied(System.nanoTime() - sent);
    String type = response.mediaType();
    boolean encoded = response.has("content-encoding");
    status = response.status();
    record.begins(type, encoded);
    var filter = !encoded && withholdsUsage(type) ? new UsageChunkFilter() : null;
    return HttpResponse.create()
        .withStatus(statusOf(response))
        .withHeaders(forwarding.headersFor(call, admitted.provider(), response))
        .withEntity(
            switch (response.body()) {
              case UpstreamReply.Whole whole -> whole(whole, filter);
              case UpstreamReply.Streamed streamed -> streamed(streamed, filter);
            });
  }

  private static StatusCode statusOf(UpstreamReply response) {
    return StatusCodes.lookup(response.status())
        .orElseGet(() -> StatusCodes.custom(response.status(), response.reason(), ""));
  }

  /** Usage that we asked for in the client's place, and only that. */
  private boolean withholdsUsage(String type) {
    return call.operation() == LlmOperation.CHAT_COMPLETIONS
        && admitted.facts().streams()
        && admitted.facts().usageSplice() != null
        && type.equals("text/event-stream");
  }

  /** Its type is among the header lines, as the upstream wrote it. */
  private ResponseEntity whole(UpstreamReply.Whole body, @Nullable UsageChunkFilter filter) {
    var data = body.data();
    sees(data);
    upstream.done();
    finish(ReplyEnd.COMPLETE);
    return HttpEntities.create(
        ContentTypes.NO_CONTENT_TYPE,
        filter == null ? data : filter.pass(data).concat(filter.rest()));
  }

  private ResponseEntity streamed(UpstreamReply.Streamed body, @Nullable UsageChunkFilter filter) {
    var source =
        Source.fromGraph(
            new ReplySource(
                body.bytes(),
                this,
                Duration.ofSeconds(admitted.provider().timeoutSeconds()),
                forwarding.clientStall(),
                filter));
    if (!offer()) {
      neverRead();
    }
    // A known length is kept: a client can then tell a reply that broke off.
    return body.length().isPresent() && filter == null
        ? HttpEntities.create(ContentTypes.NO_CONTENT_TYPE, body.length().getAsLong(), source)
        : HttpEntities.create(ContentTypes.NO_CONTENT_TYPE, source);
  }

  private void clientIsGone() {
    Phase found;
    Consumer<ReplyEnd> reader;
    synchronized (this) {
      clientGone = true;
      found = phase;
      reader = breakOff;
    }
    switch (found) {
      case WAITING -> upstream.withdraw();
      case OFFERED -> neverRead();
      // The server itself would notice only when it has something to write.
      case READING -> reader.accept(ReplyEnd.CLIENT_GONE);
      case OVER -> {}
    }
  }

  /** False if the client went away meanwhile. */
  private synchronized boolean offer() {
    move(Phase.WAITING, Phase.OFFERED);
    return !clientGone;
  }

  private void neverRead() {
    if (move(Phase.OFFERED, Phase.OVER)) {
      upstream.withdraw();
      conclude(ReplyEnd.CLIENT_GONE.status(), ReplyEnd.CLIENT_GONE.error());
    }
  }

  private synchronized boolean move(Phase from, Phase to) {
    boolean here = phase == from;
    phase = here ? to : phase;
    return here;
  }

  /** True the first time. */
  private synchronized boolean end() {
    boolean first = phase != Phase.OVER;
    phase = Phase.OVER;
    return first;
  }

  @Override
  public boolean begins(Consumer<ReplyEnd> reader) {
    synchronized (this) {
      if (!move(Phase.OFFERED, Phase.READING)) {
        return false;
      }
      breakOff = reader;
    }
    admitted.stream().onCut(why -> reader.accept(ReplyEnd.of(why)));
    return true;
  }

  @Override
  public @Nullable ReplyEnd stopped() {
    var why = admitted.stream().whyCut();
    return why == null ? null : ReplyEnd.of(why);
  }

  @Override
  public void sees(ByteString chunk) {
    record.sees(chunk);
  }

  @Override
  public void ends(ReplyEnd how) {
    if (how == ReplyEnd.COMPLETE) {
      upstream.done();
    } else {
      upstream.withdraw();
    }
    finish(how);
  }

  private void finish(ReplyEnd how) {
    if (how != ReplyEnd.COMPLETE) {
      finish(how.status(), how.error());
    } else if (status >= 400) {
      finish(Outcome.Status.FAILED, "upstream-status-" + status);
    } else if (record.sawError()) {
      finish(Outcome.Status.FAILED, "upstream-error");
    } else {
      finish(Outcome.Status.SUCCEEDED, null);
    }
  }

  private void finish(Outcome.Status how, @Nullable String error) {
    if (end()) {
      conclude(how, error);
    }
  }

  private void conclude(Outcome.Status how, @Nullable String error) {
    call.isOver();
    record.conclude(how, error);
  }
}
