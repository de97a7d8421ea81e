package io.redoubt.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BodyCollectorTest {
  private static final Duration LONG = Duration.ofSeconds(10);

  private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "bodies");
  private final Materializer materializer = SystemMaterializer.get(system).materializer();

  @AfterAll
  void stop() throws Exception {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static HttpEntity body(Source<ByteString, ?> source, CompletableFuture<Done> ended) {
    return HttpEntities.create(
        ContentTypes.APPLICATION_JSON,
        source.watchTermination((mat, done) -> {
          var _ = done.whenComplete((it, _) -> ended.complete(it));
          return mat;
        }));
  }

  private static Source<ByteString, ?> of(String... parts) {
    return Source.from(List.of(parts)).map(ByteString::fromString);
  }

  @Test
  void aBodyOfTheLimitIsGathered() {
    assertThat(
            BodyCollector.collect(
                body(of("ab", "", "c"), new CompletableFuture<>()), 3, LONG, materializer))
        .succeedsWithin(LONG)
        .isEqualTo(ByteString.fromString("abc"));
  }

  @Test
  void aBodyOverTheLimitFailsAndTakesNoConnectionAlong() {
    var ended = new CompletableFuture<Done>();
    var whole =
        BodyCollector.collect(
            body(of("ab", "cd").concat(Source.maybe()), ended), 3, LONG, materializer);

    assertThat(whole)
        .failsWithin(LONG)
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(EntityStreamSizeException.class);
    assertThat(ended).as("nothing is cancelled").isNotDone();
  }

  @Test
  void aBodyThatTakesTooLongFailsAndTakesNoConnectionAlong() {
    var ended = new CompletableFuture<Done>();
    var whole =
        BodyCollector.collect(
            body(of("ab").concat(Source.maybe()), ended), 3, Duration.ofMillis(50), materializer);

    assertThat(whole)
        .failsWithin(LONG)
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(TimeoutException.class);
    assertThat(ended).as("nothing is cancelled").isNotDone();
  }
}
