package io.redoubt.proxy.llm;

import io.opentelemetry.api.trace.Span;
import io.redoubt.http.HttpServer;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.proxy.decide.Causes;
import io.redoubt.proxy.decide.ContentInForce;
import io.redoubt.proxy.decide.Marks;
import io.redoubt.proxy.decide.OutcomeWriter;
import io.redoubt.proxy.decide.PayloadRecording;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.decide.ReplyRecorder;
import io.redoubt.proxy.llm.Admission.Admitted;
import io.redoubt.proxy.upstream.Destination;
import io.redoubt.proxy.upstream.UpstreamCall;
import io.redoubt.proxy.upstream.UpstreamException;
import io.redoubt.proxy.upstream.UpstreamReply;
import io.redoubt.proxy.upstream.UpstreamRequest;
import io.redoubt.proxy.upstream.Upstreams;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;

/**
 * Passes permitted calls on to their providers: the body as it came, the agent's credential taken
 * out and the provider's put in.
 */
final class Forwarding {
  private static final HttpHeader IDENTITY = RawHeader.create("accept-encoding", "identity");

  private final ActorSystem<?> system;
  private final Upstreams upstreams;
  private final LlmPorts ports;
  private final LlmConfig config;
  private final PriceTable prices;
  private final PayloadRecording payloads;
  private final ReplyRecorder.Memory documents;
  private final OutcomeWriter outcomes;
  private final Settlements settlements;
  private final ToolCallDecisions toolCalls;
  private final ReplyGuards guards;
  private final LlmTelemetry telemetry;
  private final InstantSource clock;

  Forwarding(
      ActorSystem<?> system,
      Upstreams upstreams,
      LlmPorts ports,
      LlmConfig config,
      PriceTable prices,
      PayloadRecording payloads,
      OutcomeWriter outcomes,
      Settlements settlements,
      ToolCallDecisions toolCalls,
      ReplyGuards guards,
      LlmTelemetry telemetry,
      InstantSource clock) {
    this.system = system;
    this.upstreams = upstreams;
    this.ports = ports;
    this.config = config;
    this.prices = prices;
    this.payloads = payloads;
    this.documents = new ReplyRecorder.Memory(config.inspection().replyMemory());
    this.outcomes = outcomes;
    this.settlements = settlements;
    this.toolCalls = toolCalls;
    this.guards = guards;
    this.telemetry = telemetry;
    this.clock = clock;
  }

  /** Fails with {@link Refusal.Raised}; the outcome is on its way to the log in any case. */
  CompletionStage<HttpResponse> forward(LlmCall call, Admitted admitted) {
    // Once more, now that the intent is durable: neither a cut since the decision is missed, nor a
    // lease that ran out (decision 9).
    var why = admitted.stream().whyCut();
    if (why != null) {
      throw notSent(call, admitted, Outcome.Status.CUT, Refusal.of(why));
    }
    if (call.isClientGone()) {
      throw notSent(call, admitted, Outcome.Status.CANCELLED, Refusal.UNAVAILABLE);
    }
    var span = telemetry.begin(call, admitted);
    UpstreamCall sent;
    try {
      sent = send(call, admitted, span);
    } catch (Refusal.Raised e) {
      throw notSent(call, admitted, span, e.refusal());
    } catch (UpstreamException e) {
      throw notSent(call, admitted, span, Refusal.of(e.reason()));
    } catch (RuntimeException e) {
      Causes.logUnforeseen("A call could not be passed on", e);
      throw notSent(call, admitted, span, Refusal.INTERNAL);
    }
    return new LlmExchange(this, call, admitted, sent, span).reply();
  }

  private Refusal.Raised notSent(LlmCall call, Admitted admitted, Span span, Refusal refusal) {
    telemetry.notSent(span, refusal);
    return notSent(call, admitted, Outcome.Status.FAILED, refusal);
  }

  private Refusal.Raised notSent(
      LlmCall call, Admitted admitted, Outcome.Status how, Refusal refusal) {
    var charged = call.reserved() == null ? null : Spend.ZERO;
    var claims = admitted.agent().claims();
    var outcome = new Outcome(how, call.elapsedMillis(), null, refusal.code(), charged);
    var _ =
        payloads
            .keepWanted(claims, call.action(), admitted.body())
            .thenAccept(kept ->
                conclude(
                    call,
                    new AuditOutcome(
                        call.action().auditId(),
                        claims.organization(),
                        clock.instant(),
                        kept ? outcome : PayloadRecording.without(outcome),
                        List.of(),
                        Coverage.NOTHING)));
    return new Refusal.Raised(refusal);
  }

  private UpstreamCall send(LlmCall call, Admitted admitted, Span span) {
    var provider = admitted.provider();
    var headers = HeaderRules.towardsUpstream(call.request(), admitted.bringsCredential());
    headers.add(IDENTITY);
    headers.addAll(LlmTelemetry.contextOf(span));
    if (!admitted.bringsCredential()) {
      headers.add(credential(admitted));
    }
    var request =
        UpstreamRequest.post(
            target(provider.baseUrl(), call),
            headers,
            call.request().entity().getContentType().toString(),
            body(call, admitted));
    return upstreams.send(
        Destination.of(provider),
        request,
        Duration.ofSeconds(provider.timeoutSeconds()),
        () -> admitted.stream().whyCut() == null,
        call.request().getAttribute(HttpServer.CLIENT_THREAD).orElse(null));
  }

  /** The only place where a provider's key is in plain text, for one call (G6). */
  private HttpHeader credential(Admitted admitted) {
    var provider = admitted.provider();
    String key =
        ports
            .providers()
            .key(admitted.agent().claims().organization(), provider)
            .orElseThrow(() -> new Refusal.Raised(Refusal.SETTINGS_CHANGED))
            .reveal();
    return switch (provider.kind()) {
      case ANTHROPIC -> RawHeader.create("x-api-key", key);
      case OPENAI -> RawHeader.create("authorization", "Bearer " + key);
    };
  }

  private static ByteString body(LlmCall call, Admitted admitted) {
    var splice = admitted.facts().usageSplice();
    return call.operation() == LlmOperation.CHAT_COMPLETIONS
            && admitted.facts().streams()
            && splice != null
        ? splice.applyTo(admitted.body())
        : admitted.body();
  }

  private static String target(URI base, LlmCall call) {
    String prefix = base.getRawPath() == null ? "" : base.getRawPath();
    String path =
        (prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix)
            + call.operation().upstreamPath();
    return call.request().getUri().rawQueryString().map(query -> path + '?' + query).orElse(path);
  }

  /** What the client is told beside the reply's own header lines. */
  List<HttpHeader> headersFor(LlmCall call, ProviderSpec provider, UpstreamReply reply) {
    var headers = HeaderRules.towardsClient(reply);
    Marks.add(headers, Marks.PERMIT, call.action());
    if (provider.simulated()) {
      headers.add(Marks.SIMULATED);
    }
    return headers;
  }

  /** How long the steps of a reply may take. */
  ReplySource.Limits limitsFor(ProviderSpec provider) {
    return new ReplySource.Limits(
        Duration.ofSeconds(provider.timeoutSeconds()),
        config.clientStall(),
        config.toolCalls().keepAlive());
  }

  ToolCalls toolCallsOf(LlmCall call, Admitted admitted) {
    return new ToolCalls(toolCalls, call, admitted);
  }

  ReplyGuards guards() {
    return guards;
  }

  ActorSystem<?> system() {
    return system;
  }

  /** For a reply whose head is here. */
  ReplyContent contentOf(LlmCall call, ContentInForce by, String mediaType, boolean encoded) {
    return ReplyContent.of(
        call.operation(), mediaType, encoded, by.inspector(), config.inspection(), documents);
  }

  PriceTable prices() {
    return prices;
  }

  PayloadRecording payloads() {
    return payloads;
  }

  /** Writes the outcome, and settles with the agent's budget once it is in the log. */
  void conclude(LlmCall call, AuditOutcome outcome) {
    var charged = outcome.outcome().charged();
    outcomes.write(
        outcome,
        () -> {
          if (charged != null) {
            settlements.settled(call, charged);
          }
        });
  }

  LlmTelemetry telemetry() {
    return telemetry;
  }

  InstantSource clock() {
    return clock;
  }
}
