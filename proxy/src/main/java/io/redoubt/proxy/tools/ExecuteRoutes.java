package io.redoubt.proxy.tools;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.http.Unrouted;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.proxy.authenticate.Authenticator;
import io.redoubt.proxy.decide.BodyMemory;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/execute}, and the same under {@code /v1/sdk/execute}. */
public final class ExecuteRoutes {
  private static final String PATH = "/v1/execute";
  private static final String SDK_PATH = "/v1/sdk/execute";
  private static final HttpHeader NO_STORE = RawHeader.create("Cache-Control", "no-store");

  private final EdgeConfig edge;
  private final RequestBodies bodies;
  private final Executor executor;
  private final Performance performance;
  private final Refused refused;
  private final Supplier<String> approvals;
  private final MeterRegistry metrics;
  private final InstantSource clock;

  /**
   * The routes.
   *
   * @param approvals where agents ask for the state of an approval, without a slash at the end
   */
  public ExecuteRoutes(
      ActorSystem<?> system,
      ToolsConfig config,
      NodeIdentity node,
      EdgeConfig edge,
      Authenticator authenticator,
      LiveStreams streams,
      Upstreams upstreams,
      ToolPorts ports,
      PayloadRecording payloads,
      Supplier<String> approvals,
      InstantSource clock,
      MeterRegistry metrics) {
    this.edge = edge;
    this.approvals = approvals;
    this.metrics = metrics;
    this.clock = clock;
    this.bodies = new RequestBodies(system, config.bodies());
    var outcomes =
        new OutcomeWriter(system, ports.audit(), config.outcomes(), "connector", metrics);
    this.refused = new Refused(node, ports.audit(), payloads);
    this.executor =
        new Executor(
            node,
            authenticator,
            streams,
            config,
            ports,
            new BodyMemory(config.replyMemory()),
            refused);
    this.performance = new Performance(upstreams, ports, config, payloads, outcomes, clock);
  }

  /**
   * What its callers hear where no route is asked, beside what others do: one whose server is ended
   * by force is not told to come again, since what it asked for may have been done.
   */
  public static Unrouted beside(Unrouted others) {
    return new Unrouted(
        request -> isAsked(request) ? stopping(request) : others.stopping().apply(request),
        others.tooSlow(),
        others.unparsable());
  }

  private static boolean isAsked(HttpRequest request) {
    String path = request.getUri().path();
    return path.equals(PATH) || path.equals(SDK_PATH);
  }

  private static HttpResponse stopping(HttpRequest request) {
    return Replies.problem(
        request,
        ProblemException.of(ErrorType.UPSTREAM_FAILED, Refusal.NOBODY_KNOWS.message() + "."),
        Map.of("reason", Refusal.NOBODY_KNOWS.code()),
        List.of());
  }

  /** Rejects what is not asked of it. */
  public Route routes() {
    return Directives.extractRequest(request -> {
      if (!isAsked(request)) {
        return Directives.reject();
      }
      return request.method().equals(HttpMethods.POST)
          ? Directives.completeWithFuture(execute(request))
          : Directives.complete(
              Replies.problem(
                  request,
                  ProblemException.of(ErrorType.METHOD_NOT_ALLOWED),
                  Map.of(),
                  List.of(RawHeader.create("Allow", "POST"))));
    });
  }

  /**
   * Done.
   *
   * @param edited what was done in the place of what was asked for; null: it is as it was
   * @param result of the API
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Done(
      ActionId actionId, String decision, Execution.@Nullable Edited edited, Reply result) {}

  /**
   * What the API answered.
   *
   * @param mediaType in lower case, without parameters; empty where it did not say
   * @param bodyBase64 in the place of a body that is no text
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Reply(
      int status, String mediaType, @Nullable Object body, @Nullable Object bodyBase64) {}

  /** Somebody has to approve it first. */
  private record Pending(ActionId actionId, ApprovalId approvalId, String decision) {}

  private CompletionStage<HttpResponse> execute(HttpRequest request) {
    var call =
        new Execution(
            request,
            bodies.of(request),
            Requests.source(edge, request),
            Requests.trace(request),
            ActionId.next(clock),
            clock.instant());
    return executor
        .admit(call)
        .thenCompose(permitted -> performance.of(call, permitted))
        .thenApply(result -> done(call, result))
        .exceptionallyCompose(
            failure -> refused.of(call, failure).thenApply(answer -> answer(call, answer)));
  }

  private HttpResponse done(Execution call, Result result) {
    count(call, "permit");
    var body = result.raw();
    return answer(
        call,
        200,
        Marks.PERMIT,
        new Done(
            call.action(),
            "permit",
            call.edited(),
            new Reply(
                result.status(),
                result.mediaType(),
                result.binary() ? null : body,
                result.binary() ? body : null)),
        List.of());
  }

  private HttpResponse answer(Execution call, Refused.Answer answer) {
    count(call, answer.code());
    if (answer.pending() == null) {
      var headers = marked(call, answer.mark());
      return Replies.problem(call.request(), answer.problem(), answer.members(), headers);
    }
    return answer(
        call,
        202,
        Marks.ESCALATE,
        new Pending(call.action(), answer.pending(), "escalate"),
        List.of(RawHeader.create("Location", approvals.get() + "/" + answer.pending())));
  }

  private HttpResponse answer(
      Execution call, int status, HttpHeader mark, Object body, List<HttpHeader> more) {
    var headers = marked(call, mark);
    headers.add(NO_STORE);
    headers.addAll(more);
    return HttpResponse.create()
        .withStatus(StatusCodes.get(status))
        .withHeaders(headers)
        .withEntity(written(call, ByteString.fromArrayUnsafe(Json.write(body))));
  }

  /** What the answer takes, it takes until it is written, or nobody waits for it. */
  private static ResponseEntity written(Execution call, ByteString answer) {
    call.clientGone()
        .ifPresent(gone -> {
          var _ = gone.whenComplete((_, _) -> call.isOver());
        });
    return HttpEntities.create(
        ContentTypes.APPLICATION_JSON,
        answer.size(),
        Source.single(answer)
            .watchTermination((mat, over) -> {
              var _ = over.whenComplete((_, _) -> call.isOver());
              return mat;
            }));
  }

  private static List<HttpHeader> marked(Execution call, HttpHeader mark) {
    var headers = new ArrayList<HttpHeader>();
    Marks.add(headers, mark, call.action());
    return headers;
  }

  private void count(Execution call, String outcome) {
    metrics
        .timer("redoubt.execute.requests", "outcome", outcome)
        .record(call.elapsed(), TimeUnit.NANOSECONDS);
  }
}
