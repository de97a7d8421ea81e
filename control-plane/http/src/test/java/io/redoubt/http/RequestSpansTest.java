package io.redoubt.http;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.server.PathMatchers;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestSpansTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String CALLER = "00f067aa0ba902b7";

  private final Kept kept = new Kept();
  private final SdkTracerProvider tracing =
      SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(kept)).build();
  private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "spans");
  private final HttpClient client = HttpClient.newHttpClient();
  private final CompletableFuture<ByteString> rest = new CompletableFuture<>();
  private HttpServer binding;

  private static final class Kept implements SpanExporter {
    private final List<SpanData> spans = new CopyOnWriteArrayList<>();

    @Override
    public CompletableResultCode export(Collection<SpanData> ended) {
      spans.addAll(ended);
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  @BeforeAll
  void start() throws Exception {
    Route routes =
        concat(
            path(
                PathMatchers.segment("things").slash(PathMatchers.segment()),
                id -> get(() -> complete(id))),
            path(
                "broken",
                () ->
                    get(() -> {
                      throw new IllegalStateException("no");
                    })),
            path(
                "stream",
                () ->
                    get(() ->
                        complete(
                            org.apache.pekko.http.javadsl.model.HttpResponse.create()
                                .withEntity(
                                    HttpEntities.create(
                                        ContentTypes.TEXT_PLAIN_UTF8,
                                        Source.single(ByteString.fromString("a"))
                                            .concat(Source.completionStage(rest))))))));
    Route sealed =
        new HttpEdge(
                "test", new SimpleMeterRegistry(), tracing.get("test"), RequestSpansTest::template)
            .seal(routes);
    var config = EdgeConfig.from(ConfigFactory.load());
    binding =
        HttpServer.start(system, "127.0.0.1", 0, Optional.empty(), config, sealed)
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
  }

  private static Optional<String> template(String path) {
    return path.startsWith("/things/") ? Optional.of("/things/{id}") : Optional.empty();
  }

  @BeforeEach
  void forget() {
    kept.spans.clear();
  }

  @AfterAll
  void stop() throws Exception {
    client.close();
    tracing.close();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void aRequestIsOneSpanInItsCallersTraceNamedByItsRoute() throws Exception {
    var answer =
        call("/things/7?token=secret", "traceparent", "00-" + TRACE + "-" + CALLER + "-01");

    var span = one();
    assertThat(span.getName()).isEqualTo("GET /things/{id}");
    assertThat(span.getKind()).isEqualTo(SpanKind.SERVER);
    assertThat(span.getTraceId()).isEqualTo(TRACE);
    assertThat(span.getParentSpanId()).isEqualTo(CALLER);
    assertThat(text(span, "http.request.method")).isEqualTo("GET");
    assertThat(text(span, "http.route")).isEqualTo("/things/{id}");
    assertThat(text(span, "url.path")).isEqualTo("/things/7");
    assertThat(text(span, "url.scheme")).isEqualTo("http");
    assertThat(text(span, "client.address")).isEqualTo("127.0.0.1");
    assertThat(status(span)).isEqualTo(200);
    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(span.getAttributes().toString()).doesNotContain("secret");
    assertThat(answer.headers().firstValue("traceparent"))
        .contains("00-" + TRACE + "-" + span.getSpanId() + "-01");
  }

  @Test
  void aRequestThatNobodyTracesBeginsATraceAndItsAnswerNamesIt() throws Exception {
    var answer = call("/things/7");

    var span = one();
    assertThat(span.getParentSpanContext().isValid()).isFalse();
    assertThat(answer.headers().firstValue("traceparent"))
        .contains("00-" + span.getTraceId() + "-" + span.getSpanId() + "-01");
  }

  @Test
  void whatTheCallerDoesNotSampleIsNotRecorded() throws Exception {
    var answer = call("/things/7", "traceparent", "00-" + TRACE + "-" + CALLER + "-00");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("traceparent").orElseThrow())
        .startsWith("00-" + TRACE)
        .endsWith("-00");
    assertThat(kept.spans).isEmpty();
  }

  @Test
  void onlyAFailureOfOursIsAnError() throws Exception {
    call("/nowhere");
    var missing = one();
    kept.spans.clear();
    call("/broken");
    var broken = one();

    assertThat(missing.getName()).isEqualTo("GET");
    assertThat(status(missing)).isEqualTo(404);
    assertThat(missing.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(status(broken)).isEqualTo(500);
    assertThat(broken.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(text(broken, "error.type")).isEqualTo("500");
  }

  @Test
  void aStreamIsPartOfTheSpanToItsEnd() throws Exception {
    var answer =
        client.send(
            HttpRequest.newBuilder(uri("/stream")).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(answer.body().read()).isEqualTo('a');
    assertThat(kept.spans).isEmpty();

    rest.complete(ByteString.fromString("b"));

    assertThat(answer.body().readAllBytes()).isEqualTo(new byte[] {'b'});
    await().untilAsserted(() -> assertThat(kept.spans).hasSize(1));
  }

  private SpanData one() {
    await().untilAsserted(() -> assertThat(kept.spans).hasSize(1));
    return kept.spans.getFirst();
  }

  private static String text(SpanData span, String key) {
    return String.valueOf(span.getAttributes().get(AttributeKey.stringKey(key)));
  }

  private static long status(SpanData span) {
    Long status = span.getAttributes().get(AttributeKey.longKey("http.response.status_code"));
    return status == null ? 0 : status;
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + binding.address().getPort() + path);
  }

  private HttpResponse<String> call(String path, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(uri(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
