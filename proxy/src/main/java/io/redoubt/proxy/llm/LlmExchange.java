package io.redoubt.proxy.llm;

import io.opentelemetry.api.trace.Span;
import io.redoubt.http.ChunkWriter;
import io.redoubt.http.HttpServer;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.proxy.decide.Causes;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.llm.Admission.Admitted;
import io.redoubt.proxy.llm.ExchangeRecord.Used;
import io.redoubt.proxy.llm.reply.ProposedCall;
import io.redoubt.proxy.llm.reply.ReplyGuard;
import io.redoubt.proxy.llm.reply.TextGuard;
import io.redoubt.proxy.upstream.UpstreamBody;
import io.redoubt.proxy.upstream.UpstreamCall;
import io.redoubt.proxy.upstream.UpstreamException;
import io.redoubt.proxy.upstream.UpstreamReply;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * A permitted call from its first byte upstream to its outcome. Whichever way it ends, it ends
 * once: the stream is closed and the outcome written (G4).
 */
final class LlmExchange implements ReplySource.Owner {
  private static final String UNRECORDED = "tool-call-not-recorded";

  private final Forwarding forwarding;
  private final LlmCall call;
  private final Admitted admitted;
  private final ExchangeRecord record;
  private final ToolCalls toolCalls;
  private final UpstreamCall upstream;
  private final long sent = System.nanoTime();
  private final ExchangePhase phase = new ExchangePhase();
  private @Nullable ReplyGuard guard;
  private @Nullable TextGuard texts;
  private int status;

  LlmExchange(
      Forwarding forwarding, LlmCall call, Admitted admitted, UpstreamCall upstream, Span span) {
    this.forwarding = forwarding;
    this.call = call;
    this.admitted = admitted;
    this.upstream = upstream;
    this.record = new ExchangeRecord(forwarding, call, admitted, span);
    this.toolCalls = forwarding.toolCallsOf(call, admitted);
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
              return replied(response);
            })
            .thenCompose(Function.identity())
            .whenComplete((_, failure) -> {
              if (failure != null) {
                giveUp(Causes.of(failure));
              }
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
      finish(Outcome.Status.FAILED, refusal.code(), unfinished());
    }
    return refusal;
  }

  /** The client gets another answer than the provider's; where it is not over yet, it is now. */
  private void giveUp(Throwable failure) {
    var refusal = failure instanceof Refusal.Raised raised ? raised.refusal() : Refusal.INTERNAL;
    upstream.withdraw();
    finish(Outcome.Status.FAILED, refusal.code(), unfinished());
  }

  private CompletionStage<HttpResponse> replied(UpstreamReply response) {
    requireNotStopped();
    forwarding.telemetry().replied(System.nanoTime() - sent);
    String type = response.mediaType();
    boolean encoded = response.isEncoded();
    status = response.status();
    if (response.redirects()) {
      // SDKs would follow it, past the enclave, and with the agent's own token in their hands.
      throw new Refusal.Raised(Refusal.UPSTREAM_REDIRECTS);
    }
    record.begins(type, encoded);
    if (!statusOf(response).allowsEntity()) {
      return CompletableFuture.completedFuture(answer(response, nothing(response.body())));
    }
    guard = forwarding.guards().of(call.operation(), admitted.facts().streams(), response);
    texts = guard == null ? null : ReplyGuards.textsOf(call.operation(), guard, admitted.content());
    var filter = guard != null && withholdsUsage(type) ? new UsageChunkFilter() : null;
    return (guard != null && guard.isDocument()
            ? document(response.body(), guard)
            : CompletableFuture.completedFuture(entity(response.body(), filter)))
        .thenApply(entity -> answer(response, entity));
  }

  private HttpResponse answer(UpstreamReply response, ResponseEntity entity) {
    return HttpResponse.create()
        .withStatus(statusOf(response))
        .withHeaders(forwarding.headersFor(call, admitted.provider(), response))
        .withEntity(entity);
  }

  /** Where there is to be no body, whatever comes behind the head is not one. */
  private ResponseEntity nothing(UpstreamReply.Body body) {
    switch (body) {
      case UpstreamReply.Whole _ -> upstream.done();
      case UpstreamReply.Streamed _ -> upstream.withdraw();
    }
    finish(ReplyEnd.COMPLETE);
    return HttpEntities.EMPTY;
  }

  private void requireNotStopped() {
    var why = admitted.stream().whyCut();
    if (why != null) {
      finish(ReplyEnd.of(why));
      throw new Refusal.Raised(Refusal.of(why));
    }
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

  /** A reply that nothing is heard of before its tool calls are decided. */
  private CompletionStage<ResponseEntity> document(UpstreamReply.Body body, ReplyGuard by) {
    return switch (body) {
      case UpstreamReply.Whole whole -> decided(whole.data(), by);
      case UpstreamReply.Streamed streamed -> begun(streamed.bytes());
    };
  }

  private CompletionStage<ResponseEntity> decided(ByteString data, ReplyGuard by) {
    sees(data);
    upstream.done();
    var passed = by.feed(data).concat(by.finish());
    var calls = by.question();
    if (calls == null) {
      return CompletableFuture.completedFuture(whole(checked(passed, by), by));
    }
    return decides(calls)
        .thenApply(decided -> {
          requireNotStopped();
          var released = checked(by.decided(decided.verdicts()), by);
          if (by.broken() == null && (texts == null || texts.stopped() == null)) {
            decided.released();
          }
          return whole(released, by);
        });
  }

  /** What content policy leaves of it. */
  private ByteString checked(ByteString data, ReplyGuard by) {
    return texts == null || by.broken() != null ? data : texts.feed(data).concat(texts.finish());
  }

  private ResponseEntity whole(ByteString data, ReplyGuard by) {
    var cut = by.broken();
    var stopped = texts == null ? null : texts.stopped();
    var end =
        cut != null ? ReplyEnd.of(cut) : stopped == null ? ReplyEnd.COMPLETE : ReplyEnd.of(stopped);
    finish(end);
    if (end != ReplyEnd.COMPLETE) {
      throw new Refusal.Raised(end.refusal());
    }
    return HttpEntities.create(ContentTypes.NO_CONTENT_TYPE, data);
  }

  /** Waits for the first piece. What speaks against it before that, gets an answer of ours. */
  private CompletionStage<ResponseEntity> begun(UpstreamBody body) {
    var source = source(body, null, null);
    return source
        .prefixAndTail(1)
        .runWith(Sink.head(), forwarding.system())
        .handle((begun, failure) -> {
          if (failure == null) {
            var whole = Source.from(begun.first()).concat(begun.second());
            return HttpEntities.create(ContentTypes.NO_CONTENT_TYPE, whole);
          }
          throw Causes.of(failure) instanceof ReplySource.BrokenOffException broken
              ? new Refusal.Raised(broken.why().refusal())
              : new CompletionException(failure);
        });
  }

  /** Its type is among the header lines, as the upstream wrote it. */
  private ResponseEntity entity(UpstreamReply.Body body, @Nullable UsageChunkFilter filter) {
    var writer = call.request().getAttribute(HttpServer.CHUNK_WRITER).orElse(null);
    return switch (body) {
      case UpstreamReply.Whole whole when guard == null -> {
        sees(whole.data());
        upstream.done();
        finish(ReplyEnd.COMPLETE);
        yield HttpEntities.create(ContentTypes.NO_CONTENT_TYPE, whole.data());
      }
      case UpstreamReply.Whole whole ->
          HttpEntities.create(
              ContentTypes.NO_CONTENT_TYPE, source(UpstreamBody.of(whole.data()), filter, writer));
      case UpstreamReply.Streamed(OptionalLong length, UpstreamBody bytes) ->
          // A known length is kept: a client can then tell a reply that broke off.
          length.isPresent() && guard == null
              ? HttpEntities.create(
                  ContentTypes.NO_CONTENT_TYPE, length.getAsLong(), source(bytes, filter, null))
              : HttpEntities.create(ContentTypes.NO_CONTENT_TYPE, source(bytes, filter, writer));
    };
  }

  private Source<ByteString, NotUsed> source(
      UpstreamBody body, @Nullable UsageChunkFilter filter, @Nullable ChunkWriter writer) {
    var limits = forwarding.limitsFor(admitted.provider());
    var source = new ReplySource(body, this, limits, filter, guard, texts, writer);
    if (!phase.offer()) {
      neverRead();
    }
    return Source.fromGraph(source);
  }

  private void clientIsGone() {
    switch (phase.clientIsGone()) {
      case WAITING -> upstream.withdraw();
      case OFFERED -> neverRead();
      // The server itself would notice only when it has something to write.
      case READING -> phase.breakOff(ReplyEnd.CLIENT_GONE);
      case OVER -> {}
    }
  }

  private void neverRead() {
    if (phase.neverRead()) {
      upstream.withdraw();
      conclude(ReplyEnd.CLIENT_GONE.status(), ReplyEnd.CLIENT_GONE.error(), unfinished());
    }
  }

  @Override
  public boolean begins(Consumer<ReplyEnd> reader) {
    if (!phase.read(reader)) {
      return false;
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
  public CompletionStage<DecidedCalls> decides(List<ProposedCall> calls) {
    return toolCalls.decide(calls);
  }

  @Override
  public void ends(ReplyEnd how) {
    if (how == ReplyEnd.COMPLETE) {
      upstream.done();
    } else {
      if (how == ReplyEnd.BROKEN || how == ReplyEnd.SILENT) {
        Causes.log("A reply of " + admitted.provider().name() + " has no end", how.toString());
      }
      upstream.withdraw();
    }
    finish(how);
  }

  private void finish(ReplyEnd how) {
    if (how != ReplyEnd.COMPLETE) {
      finish(how.status(), how.error(), unfinished());
    } else if (status >= 400) {
      finish(Outcome.Status.FAILED, "upstream-status-" + status, Used.NOTHING);
    } else if (record.sawError()) {
      finish(Outcome.Status.FAILED, "upstream-error", Used.UNKNOWN);
    } else {
      finish(Outcome.Status.SUCCEEDED, null, Used.AS_SAID);
    }
  }

  /** Of what did not come to its end. Providers charge nothing for what they refuse. */
  private Used unfinished() {
    return status >= 300 || !upstream.wentOut() ? Used.NOTHING : Used.UNKNOWN;
  }

  private void finish(Outcome.Status how, @Nullable String error, Used used) {
    if (phase.end()) {
      conclude(how, error, used);
    }
  }

  private void conclude(Outcome.Status how, @Nullable String error, Used used) {
    call.isOver();
    toolCalls.ended(how, error);
    if (guard != null) {
      if (guard.broken() != null) {
        Causes.log("A reply of " + admitted.provider().name() + " is cut", guard.complaint());
        record.lacks(guard.complaint());
      }
      guard.close();
    }
    record.conclude(how, toolCalls.isUnrecorded() ? unrecorded(error) : error, used, acts());
  }

  /** What content policy has changed or ended. */
  private List<Coverage.Act> acts() {
    return texts == null
        ? List.of()
        : texts.acted().entrySet().stream()
            .map(each -> admitted.content().inReply(each.getKey(), each.getValue()))
            .toList();
  }

  /** G12: of a tool call that was denied there is no record. */
  private static String unrecorded(@Nullable String error) {
    return error == null ? UNRECORDED : error + ',' + UNRECORDED;
  }
}
