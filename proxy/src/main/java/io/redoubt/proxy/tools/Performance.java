package io.redoubt.proxy.tools;

import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.proxy.decide.Causes;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.OutcomeWriter;
import io.redoubt.proxy.decide.PayloadRecording;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.stream.Cut;
import io.redoubt.proxy.tools.Executor.Permitted;
import io.redoubt.proxy.upstream.Destination;
import io.redoubt.proxy.upstream.UpstreamCall;
import io.redoubt.proxy.upstream.UpstreamException;
import io.redoubt.proxy.upstream.Upstreams;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Does what is permitted, once: nothing here tries again, since nobody can know what a request did
 * whose answer is missing. Whichever way it ends, its outcome is written (G4). A caller who goes
 * away meanwhile stops nothing that went out; a stop of the agent does.
 */
final class Performance {
  private static final HttpHeader IDENTITY = RawHeader.create("accept-encoding", "identity");
  private static final HttpHeader ACCEPT =
      RawHeader.create("accept", "application/json, text/*;q=0.9, */*;q=0.1");

  private final Upstreams upstreams;
  private final ToolPorts ports;
  private final ToolsConfig config;
  private final PayloadRecording payloads;
  private final OutcomeWriter outcomes;
  private final InstantSource clock;

  Performance(
      Upstreams upstreams,
      ToolPorts ports,
      ToolsConfig config,
      PayloadRecording payloads,
      OutcomeWriter outcomes,
      InstantSource clock) {
    this.upstreams = upstreams;
    this.ports = ports;
    this.config = config;
    this.payloads = payloads;
    this.outcomes = outcomes;
    this.clock = clock;
  }

  /** What the API answered, all of it. */
  private record Answered(int status, String mediaType, ByteString body) {}

  /** Why there is no answer, for the record and for the caller. */
  private record Failed(Outcome.Status how, String error, Refusal refusal) {
    static Failed because(Refusal refusal) {
      return new Failed(Outcome.Status.FAILED, refusal.code(), refusal);
    }

    /** What went out is not to be repeated, as what never did may be. */
    static Failed cut(Cut why, boolean wentOut) {
      return new Failed(
          Outcome.Status.CUT,
          error(why),
          wentOut && why != Cut.STOPPED ? Refusal.NOBODY_KNOWS : Refusal.of(why));
    }

    private static String error(Cut why) {
      return switch (why) {
        case STOPPED -> "agent-stopped";
        case LEASE_LOST -> "lease-lost";
        case NODE_ENDS -> "node-ends";
      };
    }
  }

  /** The result as the caller gets it; fails with {@link Refusal.Raised}. */
  CompletionStage<Result> of(Execution call, Permitted act) {
    var keptFor = payloads.wantedBy(act.agent().claims().organization()).orElse(null);
    var requestKept =
        keptFor == null
            ? CompletableFuture.completedFuture(true)
            : payloads.keepRequest(keptFor, act.agent().claims(), call.action(), act.said());
    var attempt = new Attempt(act);
    return attempt
        .answer(call)
        .thenApply(answered -> checked(act, attempt, answered))
        .handle((checked, failure) -> {
          call.isDone();
          if (failure == null) {
            return concluded(call, act, checked, keptFor, requestKept);
          }
          var failed = attempt.failed(Causes.of(failure));
          conclude(
              call,
              act,
              new Outcome(failed.how, call.elapsedMillis(), null, failed.error),
              Inspected.NOTHING,
              requestKept);
          throw new Refusal.Raised(failed.refusal);
        });
  }

  /** The agent went away before anything was done. */
  private static final class ClientGone extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClientGone() {
      super("client gone", null, false, false);
    }
  }

  /** One act, from the moment that it may go out. */
  private final class Attempt {
    private final Permitted act;
    private @Nullable UpstreamCall sent;
    private @Nullable Secret shown;

    Attempt(Permitted act) {
      this.act = act;
    }

    /** Once more, now that the intent is durable: neither a cut nor a lost lease is missed. */
    CompletionStage<Answered> answer(Execution call) {
      var whole = new CompletableFuture<Answered>();
      try {
        requireWanted(call);
        var limit = Duration.ofSeconds(act.invocation().connector().timeoutSeconds());
        var going = send(call, limit);
        sent = going;
        // A reply that has begun does not end by itself where its call is withdrawn.
        act.stream()
            .onCut(_ -> {
              going.withdraw();
              whole.completeExceptionally(withdrawn());
            });
        read(going)
            .whenComplete((answered, failure) -> {
              if (failure == null) {
                whole.complete(answered);
              } else {
                whole.completeExceptionally(Causes.of(failure));
              }
            });
        return whole
            .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete((_, failure) -> {
              if (failure == null) {
                going.done();
              } else {
                going.withdraw();
              }
            });
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    private void requireWanted(Execution call) {
      if (act.stream().whyCut() != null) {
        throw withdrawn();
      }
      if (call.isClientGone()) {
        throw new ClientGone();
      }
      Executor.requireUnchanged(ports.connectors(), act.agent(), act.invocation());
    }

    private static UpstreamException withdrawn() {
      return new UpstreamException(UpstreamException.Reason.WITHDRAWN, null);
    }

    private UpstreamCall send(Execution call, Duration limit) {
      var headers = new ArrayList<HttpHeader>();
      headers.add(ACCEPT);
      headers.add(IDENTITY);
      headers.add(RawHeader.create("traceparent", call.trace().traceparent()));
      credential().ifPresent(headers::add);
      return upstreams.send(
          Destination.of(act.invocation().connector(), config.deniedAddresses()),
          act.invocation().request(headers),
          limit,
          () -> act.stream().whyCut() == null);
    }

    /** The only place where a connector's secret is in plain text, for one act (G6). */
    private Optional<HttpHeader> credential() {
      var connector = act.invocation().connector();
      var credential = connector.credential();
      if (credential == null) {
        return Optional.empty();
      }
      var secret =
          ports
              .connectors()
              .secret(act.agent().claims().organization(), connector)
              .orElseThrow(() -> new Refusal.Raised(Refusal.SETTINGS_CHANGED));
      shown = secret;
      return Optional.of(
          RawHeader.create(credential.header(), credential.present(secret.reveal())));
    }

    private CompletionStage<Answered> read(UpstreamCall going) {
      return going
          .reply()
          .thenCompose(reply -> {
            if (reply.isEncoded()) {
              throw new Refusal.Raised(Refusal.REPLY_UNREADABLE);
            }
            return reply
                .collect(config.maxReplyBytes())
                .exceptionallyCompose(failure ->
                    CompletableFuture.failedFuture(
                        Causes.of(failure) instanceof UpstreamException
                            ? failure
                            : new Refusal.Raised(Refusal.REPLY_TOO_LARGE)))
                .thenApply(body -> new Answered(reply.status(), reply.mediaType(), body));
          });
    }

    /** An API that repeats its secret would show it to the agent, and to whoever reads payloads. */
    void requireNoEcho(Answered answered) {
      if (shown != null && Echo.of(shown).isIn(answered.body)) {
        throw new Refusal.Raised(Refusal.REPLY_HOLDS_SECRET);
      }
    }

    Failed failed(Throwable failure) {
      var why = act.stream().whyCut();
      if (why != null) {
        return Failed.cut(why, sent != null && sent.wentOut());
      }
      return switch (failure) {
        case ClientGone _ ->
            new Failed(Outcome.Status.CANCELLED, "client-gone", Refusal.UNAVAILABLE);
        case UpstreamException known -> {
          Causes.log("The connector " + act.invocation().connector().name() + " failed", failure);
          yield Failed.because(Refusal.of(known.reason()));
        }
        case TimeoutException _ -> Failed.because(Refusal.UPSTREAM_TIMEOUT);
        case Refusal.Raised raised -> Failed.because(raised.refusal());
        default -> {
          Causes.logUnforeseen("An act could not be done", failure);
          yield Failed.because(Refusal.INTERNAL);
        }
      };
    }
  }

  /** What was answered, and what becomes of it. */
  private record Looked(Answered answered, Result.Checked checked) {}

  private Looked checked(Permitted act, Attempt attempt, Answered answered) {
    attempt.requireNoEcho(answered);
    var result = Result.of(answered.status, answered.mediaType, answered.body);
    if (result.body().length > config.roomOfReply()) {
      throw new Refusal.Raised(Refusal.REPLY_TOO_LARGE);
    }
    var checked = result.checked(act.content(), config.inspection().limits());
    if (act.stream().whyCut() != null) {
      throw Attempt.withdrawn(); // stopped while it was looked at: it gets nothing any more
    }
    return new Looked(answered, checked);
  }

  private Result concluded(
      Execution call,
      Permitted act,
      Looked looked,
      @Nullable OrganizationSpec keptFor,
      CompletableFuture<Boolean> requestKept) {
    var answered = looked.answered;
    var checked = looked.checked;
    boolean failed = answered.status >= 400;
    var outcome =
        new Outcome(
            checked.refusal() != null || failed ? Outcome.Status.FAILED : Outcome.Status.SUCCEEDED,
            call.elapsedMillis(),
            null,
            checked.refusal() != null
                ? "content-blocked"
                : failed ? "upstream-status-" + answered.status : null);
    conclude(
        call,
        act,
        outcome,
        checked.found(),
        keptFor == null
            ? requestKept
            : requestKept.thenCombine(
                keepReply(call, act, answered, keptFor), (one, other) -> one && other));
    if (checked.refusal() != null) {
      throw new Refusal.Raised(checked.refusal());
    }
    return checked.result();
  }

  private CompletableFuture<Boolean> keepReply(
      Execution call, Permitted act, Answered answered, OrganizationSpec keptFor) {
    var recorder = payloads.replyRecorder();
    recorder.see(answered.body);
    return payloads.keepReply(
        keptFor, act.agent().claims(), call.action(), answered.mediaType, recorder);
  }

  /** The outcome is written when the payloads are kept, or cannot be. */
  private void conclude(
      Execution call,
      Permitted act,
      Outcome outcome,
      Inspected found,
      CompletableFuture<Boolean> kept) {
    var _ =
        kept.thenAccept(all ->
            outcomes.write(
                new AuditOutcome(
                    call.action().auditId(),
                    act.agent().claims().organization(),
                    clock.instant(),
                    all ? outcome : PayloadRecording.without(outcome),
                    found.findings(),
                    found.coverage())));
  }
}
