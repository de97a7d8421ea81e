package io.redoubt.proxy.llm;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Requests;
import io.redoubt.http.Unrouted;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.link.ProviderSpec.Kind;
import io.redoubt.proxy.authenticate.Authenticator;
import io.redoubt.proxy.authenticate.ServiceIdentityVerifier;
import io.redoubt.proxy.decide.ApprovalGate;
import io.redoubt.proxy.decide.Marks;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.OutcomeWriter;
import io.redoubt.proxy.decide.PayloadRecording;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.decide.RequestBodies;
import io.redoubt.proxy.stream.LiveStreams;
import io.redoubt.proxy.upstream.Upstreams;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;

/** The LLM plane of the acting endpoint, in the shapes of Anthropic's and OpenAI's APIs. */
public final class LlmRoutes {
  /** What callers of models hear where no route is asked. */
  public static final Unrouted UNROUTED =
      new Unrouted(
          _ -> stopping(),
          () -> UnparsableCalls.answer(Refusal.HEAD_TOO_SLOW),
          UnparsableCalls.class);

  /** Below it SDKs ask, for calls that are not known here too. */
  private static final String BASE = "/v1/";

  private static final String MODELS = "/v1/models";
  private static final String ONE_MODEL = MODELS + '/';

  private final EdgeConfig edge;
  private final RequestBodies bodies;
  private final Admission admission;
  private final Forwarding forwarding;
  private final Refusals refusals;
  private final ModelList models;
  private final InstantSource clock;

  public LlmRoutes(
      ActorSystem<?> system,
      LlmConfig config,
      NodeIdentity node,
      EdgeConfig edge,
      Authenticator authenticator,
      ServiceIdentityVerifier services,
      LiveStreams streams,
      Upstreams upstreams,
      LlmPorts ports,
      PayloadRecording payloads,
      InstantSource clock,
      MeterRegistry metrics,
      Tracer tracer) {
    var telemetry = new LlmTelemetry(metrics, tracer);
    this.bodies = new RequestBodies(system, config.bodies());
    var outcomes = new OutcomeWriter(system, ports.audit(), config.outcomes(), "llm", metrics);
    var prices = PriceTable.with(config.prices());
    var settlements = new Settlements(ports.agents(), ports.charged());
    this.edge = edge;
    this.clock = clock;
    var approvals = new ApprovalGate(ports.agents(), ports.approvals(), ports.patience());
    this.admission =
        new Admission(
            node,
            authenticator,
            services,
            streams,
            config,
            new Estimator(prices, config.estimate()),
            ports,
            approvals);
    var toolCalls =
        new ToolCallDecisions(node, ports, config, approvals, outcomes, telemetry, clock);
    var guards = new ReplyGuards(config.toolCalls(), metrics);
    this.forwarding =
        new Forwarding(
            system,
            upstreams,
            ports,
            config,
            prices,
            payloads,
            outcomes,
            settlements,
            toolCalls,
            guards,
            telemetry,
            clock);
    this.refusals =
        new Refusals(
            node, ports.audit(), payloads, telemetry, settlements, ports.patience().clock());
    var upstreamModels = new UpstreamModels(config.modelList(), upstreams, ports, clock);
    this.models = new ModelList(node, edge, authenticator, ports, upstreamModels, clock);
  }

  /** One look at the path finds the call: cheaper than a tree of matchers on this hot a way. */
  public Route routes() {
    return Directives.extractRequest(request -> {
      String path = request.getUri().path();
      var operation = LlmOperation.at(path);
      if (operation != null) {
        return only(
            HttpMethods.POST, request, operation.kind(), () -> exchange(request, operation));
      }
      if (path.equals(MODELS)) {
        return only(HttpMethods.GET, request, ModelList.style(request), () -> models.list(request));
      }
      if (path.startsWith(ONE_MODEL)) {
        return only(
            HttpMethods.GET,
            request,
            ModelList.style(request),
            () -> models.one(request, modelOf(request)));
      }
      return path.startsWith(BASE)
          ? Directives.complete(refusal(style(request, path), Refusal.PATH_UNKNOWN))
          : Directives.reject();
    });
  }

  /** All that follows, decoded: names may have slashes, which not every SDK encodes. */
  private static String modelOf(HttpRequest request) {
    return StreamSupport.stream(request.getUri().pathSegments().spliterator(), false)
        .skip(2) // v1, models
        .collect(Collectors.joining("/"));
  }

  /** Whose SDK asks for what is no call here. */
  private static Kind style(HttpRequest request, String path) {
    return path.startsWith(LlmOperation.MESSAGES.path())
        ? Kind.ANTHROPIC
        : ModelList.style(request);
  }

  private HttpResponse refusal(Kind style, Refusal refusal) {
    return Refusals.response(style, refusal, Marks.DENY, ActionId.next(clock));
  }

  private Route only(HttpMethod method, HttpRequest request, Kind style, Answer answer) {
    return request.method().equals(method)
        ? Directives.completeWithFuture(answer.get())
        : Directives.complete(
            refusal(style, Refusal.METHOD_NOT_ALLOWED)
                .addHeader(RawHeader.create("Allow", method.name())));
  }

  /**
   * Marks what was answered where no call was: by the edge, or by another route. Every refusal of
   * the acting endpoint says that it is one, and under which action.
   */
  public static HttpResponse marked(HttpResponse answer, InstantSource clock) {
    if (answer.status().isSuccess() || answer.getHeader("x-redoubt-decision").isPresent()) {
      return answer;
    }
    var marks = new ArrayList<HttpHeader>();
    Marks.add(marks, Marks.DENY, ActionId.next(clock));
    return answer.addHeaders(marks);
  }

  @FunctionalInterface
  private interface Answer {
    CompletionStage<HttpResponse> get();
  }

  private CompletionStage<HttpResponse> exchange(HttpRequest request, LlmOperation operation) {
    var call =
        new LlmCall(
            request,
            bodies.of(request),
            operation,
            Requests.source(edge, request),
            Requests.trace(request),
            ActionId.next(clock),
            clock.instant());
    return admission
        .admit(call)
        .thenCompose(admitted -> forwarding.forward(call, admitted))
        .exceptionallyCompose(failure -> refusals.answer(call, failure));
  }

  /**
   * What a call hears that is under way when its node ends. Not marked: whether it was permitted,
   * and under which action, its record says.
   */
  static HttpResponse stopping() {
    return HttpResponse.create()
        .withStatus(Refusal.OUT_OF_SERVICE.status())
        .addHeader(RawHeader.create("Retry-After", "1"))
        .withEntity(
            HttpEntities.create(
                ContentTypes.APPLICATION_JSON, Envelopes.ofEitherStyle(Refusal.OUT_OF_SERVICE)));
  }
}
