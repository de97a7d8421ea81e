package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.jwt.ServiceIdentity;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.TokenDigest;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** An agent that brings its own upstream credential, handed on by a service of Redoubt. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OwnCredentialTest {
  private static final String BODY = "{\"model\":\"claude-opus-5\",\"max_tokens\":1}";

  private final LlmFixture plane = new LlmFixture("");

  @BeforeEach
  void reset() {
    plane.reset();
    plane.provider.answers((_, line) -> line.json(200, "{}"));
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
  }

  private HttpRequest.Builder handedOn(String body) {
    var identity =
        new ServiceIdentity(
            "egress",
            LlmFixture.AGENT,
            LlmFixture.ORGANIZATION,
            LlmFixture.FAMILY,
            "jti-1",
            "POST",
            "/v1/messages",
            TokenDigest.of(BODY),
            UUID.randomUUID().toString(),
            plane.clock.instant(),
            plane.clock.instant().plusSeconds(30));
    return HttpRequest.newBuilder(plane.uri("/v1/messages"))
        .header(ServiceIdentity.HEADER, identity.sign(plane.signingKey))
        .header("anthropic-version", "2023-06-01")
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  @Test
  void itGoesUpstreamWhereTheAgentMayBringOne() {
    plane.agentMayUse(ModelAccess.ANY, true);
    plane.provider.expectedKey = "sk-the-agents-own";

    var answer = plane.send(handedOn(BODY).header("x-api-key", "sk-the-agents-own"));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(plane.provider.last().headers())
        .containsEntry("x-api-key", "sk-the-agents-own")
        .doesNotContainKey(ServiceIdentity.HEADER);
    assertThat(plane.recordOf(answer).detail()).isEqualTo("own-credential");
    assertThat(plane.recordOf(answer).agentId()).isEqualTo(LlmFixture.AGENT);
    plane.outcomeOf(answer);
  }

  @Test
  void itIsRefusedWhereTheAgentMayNot() {
    var answer = plane.send(handedOn(BODY).header("x-api-key", "sk-the-agents-own"));

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("own_credential_not_allowed");
    assertThat(plane.recordOf(answer).verdict()).isEqualTo(Verdict.DENY);
    assertThat(plane.provider.seen()).isEmpty();
  }

  @Test
  void aTokenOfOursIsNeverPassedOn() {
    plane.agentMayUse(ModelAccess.ANY, true);
    var handle =
        io.redoubt.protocol.token.FamilyHandle.create(LlmFixture.ORGANIZATION, LlmFixture.AGENT);
    String refresh = AgentToken.mint(AgentToken.Kind.REFRESH, handle).reveal();
    String basic =
        java.util.Base64.getEncoder()
            .encodeToString(("x:" + plane.token()).getBytes(StandardCharsets.UTF_8));
    for (var header :
        List.of(
            Map.entry("authorization", "Bearer " + plane.token()),
            Map.entry("authorization", "DPoP " + plane.token()),
            Map.entry("authorization", "Basic " + basic),
            Map.entry("x-api-key", plane.token()),
            Map.entry("x-api-key", refresh))) {
      var answer = plane.send(handedOn(BODY).header(header.getKey(), header.getValue()));

      assertThat(answer.statusCode()).as(header.getValue()).isEqualTo(403);
      assertThat(answer.body()).contains("own_credential_is_a_token");
      assertThat(plane.recordOf(answer).verdict()).isEqualTo(Verdict.DENY);
    }
    assertThat(plane.provider.seen()).isEmpty();
  }

  @Test
  void withoutOneTheProvidersKeyIsInjected() {
    var answer = plane.send(handedOn(BODY));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(plane.provider.last().headers()).containsEntry("x-api-key", FakeProvider.KEY);
    plane.outcomeOf(answer);
  }

  @Test
  void anIdentityForAnotherBodyIsRefused() {
    var answer = plane.send(handedOn(BODY.replace("1}", "2}")).header("x-api-key", "sk-own"));

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(plane.provider.seen()).isEmpty();
  }

  @Test
  void anAgentsOwnTokenDoesNotMakeItAService() {
    var answer = plane.send(plane.anthropic(BODY).header(ServiceIdentity.HEADER, plane.token()));

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(plane.provider.seen()).isEmpty();
  }
}
