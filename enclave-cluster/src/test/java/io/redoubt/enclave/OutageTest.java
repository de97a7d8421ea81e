package io.redoubt.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.token.AgentToken;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutageTest {
  private final EnclaveFixture fixture =
      new EnclaveFixture(
          Map.of(
              "redoubt.agent.entity.ask-timeout", "2s",
              "redoubt.token-family.entity.ask-timeout", "2s",
              "redoubt.enclave.store.write-timeout", "2s"));

  @BeforeAll
  void isReady() {
    assertThat(ready().status()).isEqualTo(200);
  }

  @AfterAll
  void end() {
    fixture.close();
  }

  @AfterEach
  void mend() {
    fixture.databaseLine.passage().mend();
  }

  @Test
  void withTheDatabaseGoneNothingIsHandedOutAndWithItBackEverythingGoesOn() throws Exception {
    TestAgent agent = fixture.agent();
    AgentToken first = agent.ownToken();
    AgentToken second = agent.ownToken();
    String access = agent.bootstrap(first).text("access_token");
    var underWay =
        CompletableFuture.supplyAsync(() -> agent.refresh(first.reveal(), second.digest()));
    fixture.databaseLine.passage().cut();

    assertThat(underWay.get().status()).isIn(200, 503);
    Answer refused = agent.refresh(first.reveal(), second.digest());
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.problem()).isEqualTo("unavailable");
    assertThat(refused.header("retry-after")).isNotEmpty();
    assertThat(agent.message(access).status()).isEqualTo(503);
    // Who holds a good token is still known: that needs no database.
    assertThat(Http.get(agent.at("discover")).status()).isEqualTo(200);
    await().atMost(Duration.ofSeconds(10)).until(() -> ready().status() == 503);

    fixture.databaseLine.passage().mend();

    await().atMost(Duration.ofSeconds(20)).until(() -> ready().status() == 200);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> agent.refresh(first.reveal(), second.digest()).status() == 200);
    assertThat(agent.refresh(second.reveal()).status()).isEqualTo(200);
    assertThat(agent.message(access).status()).isEqualTo(200);
  }

  @Test
  void aRestartKeepsEverything() {
    TestAgent agent = fixture.agent();
    TestAgent thief = fixture.agent();
    Answer identity = agent.bootstrap();
    Answer stolen = thief.bootstrap();
    thief.refresh(stolen.text("refresh_token"));
    assertThat(thief.refresh(stolen.text("refresh_token")).status()).isEqualTo(409);

    fixture.stop();
    fixture.start();

    // Signed by a key whose private half died with the node.
    assertThat(agent.self(identity.text("access_token")).status()).isEqualTo(200);
    assertThat(agent.message(identity.text("access_token")).status()).isEqualTo(200);
    assertThat(agent.refresh(identity.text("refresh_token")).status()).isEqualTo(200);
    assertThat(agent.bootstrap().problem()).isEqualTo("bootstrap-token-used");
    assertThat(thief.self(stolen.text("access_token")).status()).isEqualTo(401);
    assertThat(agent.refresh(identity.text("refresh_token")).status()).isEqualTo(409);
  }

  @Test
  void withTheControlPlaneGoneAgentsGoOn() {
    TestAgent agent = fixture.agent();
    Answer identity = agent.bootstrap();
    fixture.controlPlane.stop();
    try {
      Answer rotated = agent.refresh(identity.text("refresh_token"));
      assertThat(rotated.status()).isEqualTo(200);
      assertThat(agent.message(rotated.text("access_token")).status()).isEqualTo(200);
      // Whether somebody offered it, nobody can tell now.
      AgentToken unheardOf = AgentToken.mint(AgentToken.Kind.BOOTSTRAP, agent.ownToken().handle());
      Answer unknown =
          Http.post(agent.at("bootstrap"), Map.of("bootstrap_token", unheardOf.reveal()));
      assertThat(unknown.status()).isEqualTo(503);
      assertThat(unknown.header("retry-after")).isNotEmpty();
      assertThat(ready().status()).isEqualTo(200);
    } finally {
      fixture.controlPlane.start();
    }
    // What happened meanwhile arrives by itself.
    fixture.controlPlane.awaitAudit(
        agent.organization,
        it -> agent.id.equals(it.agentId()) && it.operation().equals("token:refresh"));
  }

  private Answer ready() {
    return Http.get(fixture.enclave().managementUrl().resolve("/ready"));
  }
}
