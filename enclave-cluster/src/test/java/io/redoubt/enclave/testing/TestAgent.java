package io.redoubt.enclave.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.enclave.Enclave;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.TokenDigest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An agent as a client sees itself: an enclave's address, and the tokens it has. */
public final class TestAgent {
  public final OrganizationId organization;
  public final AgentId id;
  public final AgentToken bootstrapToken;
  private final Supplier<URI> agentUrl;
  private final Supplier<URI> actingUrl;

  TestAgent(
      Supplier<URI> agentUrl,
      Supplier<URI> actingUrl,
      OrganizationId organization,
      AgentId id,
      AgentToken bootstrapToken) {
    this.agentUrl = agentUrl;
    this.actingUrl = actingUrl;
    this.organization = organization;
    this.id = id;
    this.bootstrapToken = bootstrapToken;
  }

  /** The same agent, calling another node. */
  public TestAgent through(Enclave node) {
    return new TestAgent(node::agentUrl, node::actingUrl, organization, id, bootstrapToken);
  }

  /** The same agent with another bootstrap token. */
  public TestAgent with(AgentToken bootstrap) {
    return new TestAgent(agentUrl, actingUrl, organization, id, bootstrap);
  }

  /** A token of the agent's family, made as discover says. */
  public AgentToken ownToken() {
    return AgentToken.mint(AgentToken.Kind.REFRESH, bootstrapToken.handle());
  }

  public Answer bootstrap() {
    return Http.post(at("bootstrap"), Map.of("bootstrap_token", bootstrapToken.reveal()));
  }

  public Answer bootstrap(AgentToken committed) {
    return Http.post(
        at("bootstrap"),
        Map.of(
            "bootstrap_token",
            bootstrapToken.reveal(),
            "next_refresh_token_digest",
            committed.digest().toString()));
  }

  public Answer refresh(String token) {
    return Http.post(at("refresh"), Map.of("refresh_token", token));
  }

  public Answer refresh(String token, TokenDigest committed) {
    return Http.post(
        at("refresh"),
        Map.of("refresh_token", token, "next_refresh_token_digest", committed.toString()));
  }

  public Answer self(String accessToken) {
    return Http.get(at("self"), "Authorization", "Bearer " + accessToken);
  }

  /** A call of a model that answers at once. */
  public Answer message(String accessToken) {
    return message(accessToken, List.of());
  }

  /** The same where the answer may be so long. */
  public Answer message(String accessToken, long maxTokens) {
    return message(accessToken, maxTokens, List.of());
  }

  /** The same with something said. */
  public Answer message(String accessToken, List<Map<String, String>> messages) {
    return message(accessToken, 5, messages);
  }

  private Answer message(String accessToken, long maxTokens, List<Map<String, String>> messages) {
    return Http.post(
        actingUrl.get().resolve("/v1/messages"),
        Map.of("model", "test-model", "max_tokens", maxTokens, "messages", messages),
        "x-api-key",
        accessToken);
  }

  /** A stream of a model that never ends by itself. */
  public LiveReply stream(String accessToken) {
    return Http.stream(
        actingUrl.get().resolve("/v1/messages"),
        "{\"model\":\"test-model\",\"max_tokens\":5,\"stream\":true,\"messages\":[]}",
        "x-api-key",
        accessToken);
  }

  public URI at(String path) {
    return agentUrl.get().resolve("/v1/agent/" + path);
  }

  /** The id that an access token of an enclave has. */
  public static String jti(String accessToken) {
    String payload =
        new String(
            Base64.getUrlDecoder().decode(accessToken.split("\\.", -1)[1]), StandardCharsets.UTF_8);
    try {
      return Json.LENIENT.readTree(payload).path("jti").asText();
    } catch (JsonProcessingException e) {
      throw new AssertionError("no token: " + accessToken, e);
    }
  }

  /** The text of a field that the answer must have. */
  public static String text(Answer answer, String field) {
    @Nullable JsonNode node = answer.json().get(field);
    if (node == null || !node.isTextual()) {
      throw new AssertionError("no text " + field + " in " + answer);
    }
    return node.asText();
  }
}
