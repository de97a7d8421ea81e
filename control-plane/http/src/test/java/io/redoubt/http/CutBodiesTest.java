package io.redoubt.http;

import static io.redoubt.http.EdgeServer.heard;
import static io.redoubt.http.EdgeServer.write;
import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class CutBodiesTest {
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final List<String> errors = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> listener =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
            errors.add(event.getFormattedMessage());
          }
        }
      };

  @BeforeEach
  void listen() {
    listener.start();
    root.addAppender(listener);
  }

  @AfterEach
  void noMore() {
    root.detachAppender(listener);
  }

  private static Route failing(String name, RuntimeException failure) {
    var body = Source.single(ByteString.fromString("half of")).concat(Source.failed(failure));
    return path(
        name,
        () ->
            complete(
                HttpResponse.create()
                    .withEntity(HttpEntities.createChunked(ContentTypes.TEXT_PLAIN_UTF8, body))));
  }

  @Test
  void aBodyThatIsCutBreaksItsConnectionAndIsNoErrorInTheLog() throws Exception {
    try (var server =
        new EdgeServer(_ ->
            concat(
                failing("cut", new CutShortException("on purpose")),
                failing("broken", new IllegalStateException("a fault of ours"))))) {
      for (String name : List.of("cut", "broken")) {
        try (var socket = server.connect()) {
          write(socket, "GET /" + name + " HTTP/1.1\r\nHost: x\r\n\r\n");
          assertThat(heard(socket)).doesNotContain("\r\n0\r\n");
        }
      }

      await().until(() -> errors.stream().anyMatch(error -> error.contains("a fault of ours")));
    }
    assertThat(errors).noneMatch(error -> error.contains("on purpose"));
  }
}
