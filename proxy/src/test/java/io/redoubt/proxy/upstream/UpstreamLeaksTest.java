package io.redoubt.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.netty.util.LeakPresenceDetector;
import io.redoubt.http.NetworkThreads;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

/** Memory outside the heap is given back, however an exchange ends. */
class UpstreamLeaksTest {
  private static final String CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  private static final Duration LIMIT = Duration.ofSeconds(10);

  @Test
  void howeverAnExchangeEndsItsBuffersAreGivenBack() throws IOException {
    ActorSystem<?> system = ActorSystem.create(Behaviors.empty(), "leaks");
    var upstreams = new Upstreams(system, UpstreamConfig.from(ConfigFactory.load()));
    try (var upstream = new RawUpstream()) {
      var body = ByteString.fromString("x".repeat(1_000_000));
      for (RawUpstream.Script script :
          List.<RawUpstream.Script>of(
              line -> line.say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
              line -> line.say(CHUNKED, "2\r\n", "ok\r\n", "0\r\nx: 1\r\n\r\n"),
              line -> line.say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok, and more"),
              line -> {
                line.say("HTTP/1.1 200 OK\r\n\r\nok");
                line.end();
              },
              line -> {
                line.say(CHUNKED + "2\r\nok\r\n5\r\nhe");
                line.reset();
              },
              line -> line.say("nonsense\r\n\r\n"),
              RawUpstream.Line::reset)) {
        upstream.answers(line -> {
          line.body();
          script.play(line);
        });
        var call =
            upstreams.send(
                Destination.at(upstream.base()),
                UpstreamRequest.post("/", List.of(), "text/plain", body),
                LIMIT,
                () -> true);
        assertThat(
                call.reply()
                    .thenCompose(reply -> reply.collect(1 << 20))
                    .whenComplete((_, failure) -> {
                      if (failure == null) {
                        call.done();
                      } else {
                        call.withdraw();
                      }
                    })
                    .handle((_, _) -> true)
                    .toCompletableFuture())
            .succeedsWithin(LIMIT);
      }
      withdrawn(upstream, upstreams, body);
    }

    system.terminate();
    await().until(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(this::isOurs));
    assertThatCode(LeakPresenceDetector::check).doesNotThrowAnyException();
  }

  /** In the midst of request and reply alike. */
  private static void withdrawn(RawUpstream upstream, Upstreams upstreams, ByteString body) {
    var over = new CountDownLatch(1);
    upstream.answers(line -> {
      line.say(CHUNKED + "2\r\nok\r\n");
      over.await();
    });
    var call =
        upstreams.send(
            Destination.at(upstream.base()),
            UpstreamRequest.post("/", List.of(), "text/plain", body.concat(body).concat(body)),
            LIMIT,
            () -> true);
    assertThat(call.reply().toCompletableFuture()).succeedsWithin(LIMIT);
    call.withdraw();
    over.countDown();
    await().until(() -> upstream.gone.get() == upstream.connections.get());
  }

  private boolean isOurs(Thread thread) {
    return thread.getName().startsWith(NetworkThreads.NAME);
  }
}
