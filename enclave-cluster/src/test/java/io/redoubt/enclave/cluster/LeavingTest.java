package io.redoubt.enclave.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.testing.Nodes;
import io.redoubt.enclave.testing.SlowModel;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

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
}
