package io.redoubt.multinode.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/** The enclave's own routes for operators, for the time when the control plane is away. */
public final class BreakGlass {
  private final Product product;
  private final String token;

  private BreakGlass(Product product, String token) {
    this.product = product;
    this.token = token;
  }

  /** With a token that the control plane gave while it was there. */
  public static BreakGlass withOperatorToken(Product product, String token) {
    return new BreakGlass(product, token);
  }

  /** With a token of the enclave's own, for a client that it knows by digest. */
  public static BreakGlass withClient(Product product, String id, String secret) {
    String basic =
        Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.UTF_8));
    Reply reply =
        send(
            product,
            "/v1/operator/token",
            Map.of(
                "Authorization",
                "Basic " + basic,
                "Content-Type",
                "application/x-www-form-urlencoded"),
            "grant_type=client_credentials");
    assertThat(reply.status()).as("token of the enclave: %s", reply).isEqualTo(200);
    return new BreakGlass(
        product, product.secrets().note(reply.json().required("access_token").asText()));
  }

  public JsonNode isolate(String agent) {
    return call("/v1/operator/agents/" + agent + "/isolate");
  }

  public JsonNode release(String agent) {
    return call("/v1/operator/agents/" + agent + "/release");
  }

  private JsonNode call(String path) {
    Reply reply =
        send(
            product,
            path,
            Map.of("Authorization", "Bearer " + token),
            Documents.write(Operator.reason()));
    assertThat(reply.status()).as("%s: %s", path, reply).isEqualTo(200);
    return reply.json();
  }

  private static Reply send(
      Product product, String path, Map<String, String> headers, String body) {
    var uri = product.runtime().node().agent().resolve(path);
    if (product.http().attempt("POST", uri, headers, body) instanceof Attempt.Answered(var reply)) {
      return reply;
    }
    throw new AssertionError(path + " was not answered");
  }
}
