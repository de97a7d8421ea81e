package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.revocation.Revocation;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModelListTest {
  private final LlmFixture plane = new LlmFixture("");

  @BeforeEach
  void reset() {
    plane.reset();
    plane.provide(
        "anthropic",
        ProviderSpec.Kind.ANTHROPIC,
        plane.provider.base(""),
        List.of("claude-sonnet-4-5", "claude-haiku-4-5"),
        5);
    plane.provider.answers((_, line) ->
        line.json(
            200,
            "{\"object\":\"list\",\"data\":[{\"id\":\"gpt-4o\",\"object\":\"model\",\"created\":1715367049,\"owned_by\":\"system\"},{\"id\":\"o3\"}]}"));
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
  }

  private HttpRequest.Builder models() {
    return HttpRequest.newBuilder(plane.uri("/v1/models"))
        .header("authorization", "Bearer " + plane.token())
        .GET();
  }

  private static List<String> ids(HttpResponse<String> answer) {
    return json(answer).path("data").findValuesAsText("id");
  }

  private static JsonNode json(HttpResponse<String> answer) {
    try {
      return Json.LENIENT.readTree(answer.body());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void allProvidersTogetherInTheShapeOfOpenAi() {
    var answer = plane.send(models());

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(ids(answer))
        .containsExactly("claude-haiku-4-5", "claude-sonnet-4-5", "gpt-4o", "o3");
    assertThat(json(answer).path("object").asText()).isEqualTo("list");
    assertThat(json(answer).at("/data/2/created").asLong()).isEqualTo(1715367049);
    assertThat(json(answer).at("/data/2/owned_by").asText()).isEqualTo("openai");
    assertThat(plane.recordOf(answer).operation()).isEqualTo("llm:list-models");
  }

  @Test
  void theSameInTheShapeOfAnthropic() {
    var answer = plane.send(models().header("anthropic-version", "2023-06-01"));

    assertThat(ids(answer)).contains("claude-sonnet-4-5", "gpt-4o");
    assertThat(json(answer).path("has_more").isBoolean()).isTrue();
    assertThat(json(answer).path("last_id").asText()).isEqualTo("o3");
    assertThat(json(answer).at("/data/2/type").asText()).isEqualTo("model");
    assertThat(json(answer).at("/data/2/created_at").asText()).isEqualTo("2024-05-10T18:50:49Z");
  }

  private HttpResponse<String> model(String name, String... headers) {
    var request =
        HttpRequest.newBuilder(plane.uri("/v1/models/" + name))
            .header("authorization", "Bearer " + plane.token());
    return plane.send((headers.length == 0 ? request : request.headers(headers)).GET());
  }

  @Test
  void oneOfThemIsShownAsTheListShowsIt() {
    var openAi = model("gpt-4o");
    var anthropic = model("claude-sonnet-4-5", "anthropic-version", "2023-06-01");

    assertThat(openAi.statusCode()).isEqualTo(200);
    assertThat(json(openAi)).isEqualTo(json(plane.send(models())).at("/data/2"));
    assertThat(plane.recordOf(openAi).operation()).isEqualTo("llm:list-models");
    assertThat(json(anthropic))
        .isEqualTo(
            json(plane.send(models().header("anthropic-version", "2023-06-01"))).at("/data/1"));
  }

  @Test
  void aNameMayHaveSlashesHoweverTheyAreWritten() {
    plane.provide(
        "anthropic",
        ProviderSpec.Kind.ANTHROPIC,
        plane.provider.base(""),
        List.of("lab/model:1"),
        6);

    for (String written : List.of("lab/model:1", "lab%2Fmodel%3A1")) {
      assertThat(json(model(written)).path("id").asText()).isEqualTo("lab/model:1");
    }
  }

  @Test
  void whatTheAgentMayNotUseIsMissingLikeAnyOther() {
    plane.agentMayUse(new ModelAccess(List.of("claude-*"), List.of()), false);

    var openAi = model("gpt-4o");
    var anthropic = model("no-such-model", "anthropic-version", "2023-06-01");

    assertThat(openAi.statusCode()).isEqualTo(404);
    assertThat(json(openAi).at("/error/code").asText()).isEqualTo("model_not_found");
    assertThat(json(model("no-such-model"))).isEqualTo(json(openAi));
    assertThat(anthropic.statusCode()).isEqualTo(404);
    assertThat(json(anthropic).at("/error/type").asText()).isEqualTo("not_found_error");
    var stranger = HttpRequest.newBuilder(plane.uri("/v1/models/gpt-4o")).GET();
    assertThat(plane.send(stranger).statusCode()).isEqualTo(401);
  }

  @Test
  void onlyWhatTheAgentMayUse() {
    plane.agentMayUse(new ModelAccess(List.of("claude-*", "o3"), List.of("*haiku*")), false);

    assertThat(ids(plane.send(models()))).containsExactly("claude-sonnet-4-5", "o3");
  }

  @Test
  void onlyWhatPoliciesPermit() {
    plane.policies.run(
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "guard",
            """
            forbid (principal, action, resource in Provider::"openai") unless { resource.name == "o3" };
            forbid (principal, action, resource == Model::"claude-haiku-4-5");
            """));

    assertThat(ids(plane.send(models()))).containsExactly("claude-sonnet-4-5", "o3");
  }

  @Test
  void withoutKnownPoliciesNothingIsListed() {
    plane.policies.lose();

    var answer = plane.send(models());

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("retry-after")).hasValue("1");
    assertThat(plane.recordOf(answer).detail()).isEqualTo("policies_unknown");
  }

  @Test
  void theUpstreamIsAskedOnceInAWhile() {
    plane.send(models());
    int asked = plane.provider.seen().size();

    plane.send(models());

    assertThat(asked).isLessThanOrEqualTo(1);
    assertThat(plane.provider.seen()).hasSize(asked);
  }

  @Test
  void aProviderThatFailsListsNothing() {
    plane.provider.answers((_, line) -> line.json(500, "{}"));

    assertThat(ids(plane.send(models()))).containsExactly("claude-haiku-4-5", "claude-sonnet-4-5");
  }

  @Test
  void anIsolatedAgentSeesNothing() {
    plane.agents.isolated = true;

    var answer = plane.send(models());

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(plane.recordOf(answer).verdict()).isEqualTo(Verdict.DENY);
  }

  @Test
  void aRevokedTokenIsRefusedOnTheRecord() {
    LlmFixture.await(
        plane.revocations.revoke(
            new Revocation.OfToken(
                LlmFixture.ORGANIZATION, "jti-listed", plane.clock.instant().plusSeconds(300))));

    var answer = plane.send(models().setHeader("authorization", bearer("jti-listed", List.of())));

    assertThat(answer.statusCode()).isEqualTo(401);
    var record = plane.recordOf(answer);
    assertThat(record.operation()).isEqualTo("llm:list-models");
    assertThat(record.verdict()).isEqualTo(Verdict.DENY);
    assertThat(record.agentId()).isEqualTo(LlmFixture.AGENT);
    assertThat(record.detail()).isEqualTo("credential_invalid");
  }

  @Test
  void whoeverCallsFromElsewhereIsRefusedOnTheRecord() {
    var elsewhere = List.of(Cidr.parse("203.0.113.0/24"));

    var answer = plane.send(models().setHeader("authorization", bearer("jti-away", elsewhere)));

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(plane.recordOf(answer).verdict()).isEqualTo(Verdict.DENY);
    assertThat(plane.recordOf(answer).detail()).isEqualTo("source_address_not_allowed");
  }

  private String bearer(String jti, List<Cidr> blocks) {
    var claims = plane.claims();
    return "Bearer "
        + new AccessClaims(
                claims.issuer(),
                claims.audience(),
                claims.agent(),
                claims.organization(),
                claims.family(),
                jti,
                claims.issuedAt(),
                claims.expiresAt(),
                blocks,
                null)
            .sign(plane.signingKey);
  }

  @Test
  void withoutACredentialNothingIsListed() {
    var answer = plane.send(HttpRequest.newBuilder(plane.uri("/v1/models")).GET());

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(json(answer).at("/error/code").asText()).isEqualTo("credential_missing");
  }
}
