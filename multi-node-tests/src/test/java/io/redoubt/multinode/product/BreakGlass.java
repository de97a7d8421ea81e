package io.redoubt.multinode.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.function.Supplier;

/** The enclave's own routes for operators, for the time when the control plane is away. */
public final class BreakGlass {
  private final Product product;
  private final String token;
  private final Supplier<Installation.Node> node;

  private BreakGlass(Product product, String token, Supplier<Installation.Node> node) {
    this.product = product;
    this.token = token;
    this.node = node;
  }

  /** With a token that the control plane gave while it was there. */
  public static BreakGlass withOperatorToken(Product product, String token) {
    return new BreakGlass(product, token, () -> product.runtime().node());
  }

  /** The same at another node. */
  public BreakGlass at(Installation.Node other) {
    return new BreakGlass(product, token, () -> other);
  }

  /** With a token of the enclave's own, for a client that it knows by digest. */
  public static BreakGlass withClient(Product product, String id, String secret) {
    Attempt answer = attemptToLogIn(product, id, secret);
    return withOperatorToken(
        product,
        product
            .secrets()
            .note(answered("a token of the enclave", answer).required("access_token").asText()));
  }

  /** Asks for such a token, whatever comes of it. */
  public static Attempt attemptToLogIn(Product product, String id, String secret) {
    String basic =
        Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.UTF_8));
    return send(
        product,
        product.runtime().node(),
        "/v1/operator/token",
        Map.of(
            "Authorization", "Basic " + basic, "Content-Type", "application/x-www-form-urlencoded"),
        "grant_type=client_credentials");
  }

  public JsonNode isolate(String agent) {
    return answered("isolate", attemptToIsolate(agent));
  }

  /** Whatever comes of it. */
  public Attempt attemptToIsolate(String agent) {
    return call("/v1/operator/agents/" + agent + "/isolate");
  }

  public JsonNode release(String agent) {
    return answered("release", attemptToRelease(agent));
  }

  /** Whatever comes of it. */
  public Attempt attemptToRelease(String agent) {
    return call("/v1/operator/agents/" + agent + "/release");
  }

  /** Ends one access token of the agent's; its family goes on. */
  public JsonNode revokeToken(String agent, String accessToken) {
    var body =
        Documents.object().put("jti", TokenText.accessId(accessToken)).put("reason", "it leaked");
    return answered("revoke a token", call("/v1/operator/agents/" + agent + "/revoke-token", body));
  }

  private Attempt call(String path) {
    return call(path, Operator.reason());
  }

  private Attempt call(String path, JsonNode body) {
    return send(
        product,
        node.get(),
        path,
        Map.of("Authorization", "Bearer " + token),
        Documents.write(body));
  }

  private static Attempt send(
      Product product,
      Installation.Node node,
      String path,
      Map<String, String> headers,
      String body) {
    return product.http().attempt("POST", node.agent().resolve(path), headers, body);
  }

  private static JsonNode answered(String what, Attempt attempt) {
    if (attempt instanceof Attempt.Answered(var reply)) {
      assertThat(reply.status()).as("%s: %s", what, reply).isEqualTo(200);
      return reply.json();
    }
    throw new AssertionError(what + " was not answered: " + attempt);
  }
}
