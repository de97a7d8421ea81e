package io.redoubt.http;

import static io.redoubt.http.EdgeServer.assertProblem;
import static io.redoubt.http.EdgeServer.json;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpEdgeTest {
  @AutoClose private final EdgeServer server = new EdgeServer(HttpEdgeTest::routes);

  private static Route routes(EdgeConfig config) {
    var bodies = new Bodies(config);
    return concat(
        path(
            "greet",
            () ->
                post(() ->
                    bodies.json(
                        Greeting.class,
                        greeting -> Replies.json(200, Map.of("hello", greeting.name()))))),
        path("page", () -> get(() -> Replies.json(200, Map.of("hello", "world")))),
        path(
            "busy",
            () ->
                get(() -> {
                  throw ProblemException.retryAfter(ErrorType.RATE_LIMITED, "Slowly.", 7);
                })),
        path(
            "overflow",
            () ->
                get(() -> {
                  throw new StackOverflowError();
                })),
        path(
            "missing-class",
            () ->
                get(() ->
                    Replies.async(
                        CompletableFuture.supplyAsync(() -> {
                          throw new NoClassDefFoundError("io/secret/Missing");
                        })))),
        path(
            "overflow-later",
            () ->
                get(() ->
                    Replies.async(
                        CompletableFuture.supplyAsync(() ->
                            Directives.extractRequest(_ -> {
                              throw new StackOverflowError();
                            }))))),
        path(
            "assertion-in-body",
            () ->
                post(() ->
                    bodies.json(
                        Greeting.class,
                        _ -> {
                          throw new AssertionError("of a secret");
                        }))),
        path(
            "broken",
            () ->
                get(() ->
                    Replies.async(
                        CompletableFuture.failedFuture(
                            new IllegalStateException("select secret from table"))))));
  }

  private record Greeting(String name) {}

  @Test
  void unknownPathsAndMethodsHaveTheirProblems() throws Exception {
    assertProblem(server.send(server.request("/nowhere").GET()), ErrorType.NOT_FOUND);
    var wrongMethod = server.send(server.request("/greet").DELETE());

    assertProblem(wrongMethod, ErrorType.METHOD_NOT_ALLOWED);
    assertThat(wrongMethod.headers().firstValue("allow")).contains("POST");
  }

  /** RFC 9110, section 9.3.2. */
  @Test
  void whateverCanBeGotCanBeAskedForWithoutItsBody() throws Exception {
    var got = server.send(server.request("/page").GET());
    var asked = server.send(server.request("/page").HEAD());
    var gotOnTheSameConnection = server.send(server.request("/page").GET());
    var refused = server.send(server.request("/busy").HEAD());
    var notGot = server.send(server.request("/greet").HEAD());

    assertThat(asked.statusCode()).isEqualTo(200);
    assertThat(asked.body()).isEmpty();
    assertThat(asked.headers().firstValue("content-length"))
        .isEqualTo(got.headers().firstValue("content-length"));
    assertThat(gotOnTheSameConnection.body()).isEqualTo(got.body());
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("retry-after")).contains("7");
    assertThat(notGot.statusCode()).isEqualTo(405);
  }

  @Test
  void aRateLimitSaysWhenToComeBack() throws Exception {
    var answer = server.send(server.request("/busy").GET());

    assertProblem(answer, ErrorType.RATE_LIMITED);
    assertThat(answer.headers().firstValue("retry-after")).contains("7");
  }

  @Test
  void anUnknownFailureSaysNothingInternal() throws Exception {
    var answer = server.send(server.request("/broken").GET());

    assertProblem(answer, ErrorType.INTERNAL);
    assertThat(answer.body()).doesNotContain("secret").doesNotContain("IllegalState");
  }

  @Test
  void anErrorIsAnsweredLikeAnyFailureWhereverItIsThrown() throws Exception {
    for (String path : new String[] {"/overflow", "/missing-class", "/overflow-later"}) {
      var answer = server.send(server.request(path).timeout(Duration.ofSeconds(10)).GET());

      assertProblem(answer, ErrorType.INTERNAL);
      assertThat(answer.body()).doesNotContain("secret").doesNotContain("Error\"");
    }
    assertProblem(server.submit("/assertion-in-body", json("{}")), ErrorType.INTERNAL);
    var chunked =
        server
            .request("/assertion-in-body")
            .timeout(Duration.ofSeconds(10))
            .header("content-type", "application/json")
            .POST(BodyPublishers.fromPublisher(BodyPublishers.ofString("{}")));
    assertProblem(server.send(chunked), ErrorType.INTERNAL);
    assertThat(server.lives()).as("the process lives on").isTrue();
  }

  @Test
  void aCallersTraceIsContinued() throws Exception {
    String traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    var answer =
        server.send(
            server
                .request("/nowhere")
                .header("traceparent", "00-" + traceId + "-00f067aa0ba902b7-01")
                .GET());

    assertThat(assertProblem(answer, ErrorType.NOT_FOUND).get("trace_id").asText())
        .isEqualTo(traceId);
    assertThat(answer.headers().firstValue("traceparent").orElseThrow())
        .startsWith("00-" + traceId + "-")
        .doesNotContain("00f067aa0ba902b7");
  }
}
