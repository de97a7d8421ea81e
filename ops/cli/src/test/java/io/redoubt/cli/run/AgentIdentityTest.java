package io.redoubt.cli.run;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.FakeServer;
import io.redoubt.cli.api.HttpClients;
import io.redoubt.cli.run.AgentIdentity.Outcome;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AgentIdentityTest {
  private static final FakeServer.Answer GRANTED =
      json(200, "{\"agent_id\":\"agt_1\",\"access_token\":\"a1\",\"expires_in\":300}");
  private static final FakeServer.Answer LOST = (exchange, _) -> exchange.close();

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final InstantSource clock = () -> now;
  private final AgentToken bootstrap =
      AgentToken.mint(
          AgentToken.Kind.BOOTSTRAP,
          FamilyHandle.create(OrganizationId.next(clock), AgentId.next(clock)));
  private final FakeServer enclave = new FakeServer().on("POST /v1/agent/bootstrap", GRANTED);
  private final AgentIdentity identity =
      new AgentIdentity(
          new AgentEndpoint(enclave.url(), HttpClients.to(enclave.url(), null)), bootstrap, clock);

  @AfterEach
  void stop() {
    enclave.close();
  }

  @Test
  void theSuccessorIsMadeHereAndSpentNext() throws IOException {
    enclave.on("POST /v1/agent/refresh", GRANTED);

    assertThat(identity.exchange()).isEqualTo(Outcome.RENEWED);
    assertThat(identity.exchange()).isEqualTo(Outcome.RENEWED);

    String committed = body(0).path("next_refresh_token_digest").asText();
    String spent = body(1).path("refresh_token").asText();
    assertThat(body(0).path("bootstrap_token").asText()).isEqualTo(bootstrap.reveal());
    assertThat(TokenDigest.of(spent)).hasToString(committed);
    assertThat(AgentToken.parse(AgentToken.Kind.REFRESH, spent))
        .hasValueSatisfying(token -> assertThat(token.familyId()).isEqualTo(bootstrap.familyId()));
  }

  @Test
  void aLostAnswerIsAskedForAgainWithTheIdenticalRequest() throws IOException {
    enclave.on("POST /v1/agent/bootstrap", LOST);
    assertThat(identity.exchange()).isEqualTo(Outcome.TRY_LATER);
    enclave.on("POST /v1/agent/bootstrap", GRANTED);

    assertThat(identity.exchange()).isEqualTo(Outcome.RENEWED);

    assertThat(body(1)).isEqualTo(body(0));
  }

  @Test
  void aRequestIsNotRepeatedMoreOftenThanTheEnclaveBears() {
    enclave.on("POST /v1/agent/bootstrap", LOST);

    for (int attempt = 0; attempt < 10; attempt++) {
      assertThat(identity.exchange()).isEqualTo(Outcome.TRY_LATER);
    }

    assertThat(enclave.requests()).hasSize(4);
  }

  @Test
  void anIsolatedAgentsTokenIsKeptForWhenItIsReleased() throws IOException {
    identity.exchange();
    enclave.on("POST /v1/agent/refresh", problem(403, "The agent is isolated", ""));
    assertThat(identity.exchange()).isEqualTo(Outcome.TRY_LATER);
    assertThat(identity.isDenied()).isTrue();
    enclave.on("POST /v1/agent/refresh", GRANTED);

    assertThat(identity.exchange()).isEqualTo(Outcome.RENEWED);

    assertThat(body(2)).isEqualTo(body(1));
  }

  @Test
  void aDeadFamilyIsLost() {
    identity.exchange();
    enclave.on("POST /v1/agent/refresh", problem(409, "The refresh token was used before", ""));

    assertThat(identity.exchange()).isEqualTo(Outcome.LOST);
  }

  @Test
  void itIsRenewedAtThreeFifthsOfItsLife() {
    identity.exchange();

    assertThat(identity.renewAt()).isEqualTo(now.plus(Duration.ofMinutes(3)));
    assertThat(identity.isExpired()).isFalse();
    now = now.plusSeconds(300);
    assertThat(identity.isExpired()).isTrue();
  }

  private JsonNode body(int request) throws IOException {
    List<FakeServer.Request> requests = enclave.requests();
    return Json.LENIENT.readTree(requests.get(request).body());
  }
}
