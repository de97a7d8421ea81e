package io.redoubt.enclave.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.Nodes;
import io.redoubt.enclave.testing.SlowModel;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LeavingTest {
  /** To a node that stops, its own cluster's end looks as if all the others were gone. */
  @Test
  void aNodeThatStopsLeavesTheOthersAlone() {
    try (var nodes = new Nodes();
        var model = new SlowModel()) {
      Enclave stays = nodes.start("node-1");
      Enclave leaves = nodes.start("node-2");
      var organization = OrganizationId.next(Clock.systemUTC());
      nodes.introduce(organization, model.url());
      TestAgent agent = nodes.agent(organization, stays);
      String access = agent.bootstrap().text("access_token");
      assertThat(agent.message(access).status()).isEqualTo(200);

      nodes.stop(leaves);

      await().atMost(Duration.ofSeconds(20)).until(() -> agent.message(access).status() != 503);
      assertThat(agent.message(access).status()).isEqualTo(200);
      assertThat(stays.whenTerminated().toCompletableFuture()).isNotDone();
    }
  }

  @Test
  void aNodeThatIsToldToStopSaysSoFirstAndServesOn() throws Exception {
    try (var nodes = new Nodes();
        var model = new SlowModel()) {
      Enclave leaves =
          nodes.start("node-1", Map.of("redoubt.enclave.drain-notice", "3s"), Clock.systemUTC());
      var organization = OrganizationId.next(Clock.systemUTC());
      nodes.introduce(organization, model.url());
      TestAgent agent = nodes.agent(organization, leaves);
      String access = agent.bootstrap().text("access_token");
      var ready = leaves.managementUrl().resolve("/ready");
      await().until(() -> Http.get(ready).status() == 200);

      var stopped = CompletableFuture.runAsync(() -> nodes.stop(leaves));

      await().until(() -> Http.get(ready).status() == 503);
      Answer answer = agent.message(access);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("connection")).isEqualTo("close");
      assertThat(stopped).isNotDone();
      stopped.get(30, TimeUnit.SECONDS);
    }
  }

  /** What a drain costs is said, so that its limit can be set to what replies take (G12). */
  @Test
  void aStreamUnderWayIsCutAtTheLimitAndThatIsSaid() throws Exception {
    try (var nodes = new Nodes();
        var model = new SlowModel()) {
      Enclave leaves =
          nodes.start("node-1", Map.of("redoubt.enclave.drain-limit", "500ms"), Clock.systemUTC());
      var organization = OrganizationId.next(Clock.systemUTC());
      nodes.introduce(organization, model.url());
      TestAgent agent = nodes.agent(organization, leaves);
      String access = agent.bootstrap().text("access_token");
      var endless = agent.stream(access);
      assertThat(endless.status()).isEqualTo(200);
      var said = new ListAppender<ILoggingEvent>();
      said.start();
      var log = (Logger) LoggerFactory.getLogger("io.redoubt.enclave.EnclaveServers");
      log.addAppender(said);

      var stopped = CompletableFuture.runAsync(() -> nodes.stop(leaves));

      endless.awaitEnd();
      stopped.get(30, TimeUnit.SECONDS);
      log.detachAppender(said);
      assertThat(said.list)
          .filteredOn(event -> event.getLevel().equals(Level.WARN))
          .extracting(ILoggingEvent::getFormattedMessage)
          .singleElement()
          .asString()
          .startsWith("1 streams had not ended 500 ms after");
    }
  }
}
