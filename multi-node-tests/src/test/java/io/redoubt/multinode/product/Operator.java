package io.redoubt.multinode.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.multinode.history.AuditLine;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Isolation;
import io.redoubt.multinode.history.Timed;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A client of the operator API. */
public final class Operator {
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final String TOKEN = "/api/v1/iam/token";
  private static final String GRANT = "grant_type=client_credentials";

  private final Product product;
  private final String clientId;
  private final String clientSecret;
  private volatile @Nullable String token;

  /** A new agent and its one-time token. */
  public record NewAgent(String id, String bootstrapToken) {}

  /** A client of any organization. */
  public Operator(Product product, String clientId, String clientSecret) {
    this.product = product;
    this.clientId = clientId;
    this.clientSecret = clientSecret;
  }

  /** The one that {@code up} made; after a restart there is a new one. */
  public static Operator of(Product product) {
    return new Operator(product, product.runtime().clientId(), product.runtime().clientSecret());
  }

  /** An operator JWT. */
  public String token() {
    String known = token;
    if (known == null) {
      var reply = answered("POST", TOKEN, login(), GRANT);
      assertThat(reply.status()).as("token: %s", reply).isEqualTo(200);
      known = product.secrets().note(reply.json().required("access_token").asText());
      token = known;
    }
    return known;
  }

  /** Asks for another one, whatever comes of it. */
  public Attempt attemptToLogIn() {
    URI uri = product.runtime().controlPlane().resolve(TOKEN);
    return product.http().attempt("POST", uri, login(), GRANT);
  }

  private Map<String, String> login() {
    String basic =
        Base64.getEncoder()
            .encodeToString((clientId + ":" + clientSecret).getBytes(StandardCharsets.UTF_8));
    return Map.of(
        "Authorization", "Basic " + basic, "Content-Type", "application/x-www-form-urlencoded");
  }

  /** Calls and expects success. */
  public JsonNode call(String method, String path, @Nullable JsonNode body) {
    var reply = send(method, path, body);
    assertThat(reply.status()).as("%s %s: %s", method, path, reply).isBetween(200, 299);
    return reply.status() == 204 ? Documents.object() : reply.json();
  }

  /** Calls, and waits where it is told to. */
  public Reply send(String method, String path, @Nullable JsonNode body) {
    return answered(
        method,
        path,
        Map.of("Authorization", "Bearer " + token()),
        body == null ? null : Documents.write(body));
  }

  /** The same as a repeat of what was said with that key. */
  public Reply repeat(String method, String path, JsonNode body, String key) {
    return answered(
        method,
        path,
        Map.of("Authorization", "Bearer " + token(), "Idempotency-Key", key),
        Documents.write(body));
  }

  private Reply answered(
      String method, String path, Map<String, String> headers, @Nullable String body) {
    URI uri = product.runtime().controlPlane().resolve(path);
    return await(method + " " + path)
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(200))
        .until(
            () ->
                product.http().attempt(method, uri, headers, body)
                        instanceof Attempt.Answered(var reply)
                    ? reply
                    : null,
            reply -> reply != null && reply.status() != 429);
  }

  public NewAgent createAgent(String name) {
    return createAgent(name, Documents.object());
  }

  /** Of which more is said than its name. */
  public NewAgent createAgent(String name, ObjectNode body) {
    body.put("name", name + "-" + NAMES.incrementAndGet())
        .put("enclave_id", product.runtime().enclave());
    return newAgent(call("POST", "/api/v1/agents", body));
  }

  /** A new bootstrap token, for a further family. */
  public NewAgent offerAgain(String agent) {
    return newAgent(
        call("POST", "/api/v1/agents/" + agent + "/bootstrap-token", Documents.object()));
  }

  private NewAgent newAgent(JsonNode answer) {
    return new NewAgent(
        answer.required("agent").required("id").asText(),
        product.secrets().note(answer.required("bootstrap_token").asText()));
  }

  /** An organization, and who may do everything in it. */
  public record Organization(String id, Operator operator) {}

  /** A new organization that the enclave serves besides its own. */
  public Organization foundOrganization(String name) {
    var body = Documents.object().put("name", name + "-" + NAMES.incrementAndGet());
    body.putObject("owner").put("name", "Olga Owner");
    JsonNode made = call("POST", "/api/v1/iam/organizations", body);
    String id = made.required("organization").required("id").asText();
    call(
        "PUT",
        "/api/v1/enclaves/" + product.runtime().enclave() + "/organizations/" + id,
        Documents.object());
    return new Organization(
        id,
        new Operator(
            product,
            made.required("client").required("id").asText(),
            product.secrets().note(made.required("client_secret").asText())));
  }

  /** Names the upstream as the provider of its models. */
  public void useUpstream(Upstream upstream) {
    for (Upstream.Kind kind : Upstream.Kind.values()) {
      var body =
          Documents.object()
              .put("kind", kind.wire())
              .put("base_url", upstream.baseUrl(kind).toString())
              .put("api_key", product.secrets().note(upstream.key()))
              .put("timeout_seconds", 30);
      body.putArray("models").add(upstream.model());
      call("PUT", provider(upstream, kind), body);
    }
  }

  /**
   * Names it as a connector, with an operation that asks it as a call of a model does, and one that
   * does the same and changes something, so that people are asked about it.
   */
  public void connectTo(Upstream upstream) {
    var body =
        Documents.object()
            .put("base_url", upstream.baseUrl(Upstream.Kind.ANTHROPIC).toString())
            .put("timeout_seconds", 30);
    body.putObject("credential")
        .put("header", "x-api-key")
        .put("secret", product.secrets().note(upstream.key()));
    var operations = body.putArray("operations");
    for (var operation : Map.of("message", "read", "order", "write").entrySet()) {
      operations
          .addObject()
          .put("name", operation.getKey())
          .put("method", "POST")
          .put("path", Upstream.Kind.ANTHROPIC.path())
          .put("access", operation.getValue());
    }
    call("PUT", "/api/v1/connectors/" + upstream.name(), body);
  }

  /** Names it no more: an organization has room for so many providers. */
  public void stopUsing(Upstream upstream) {
    for (Upstream.Kind kind : Upstream.Kind.values()) {
      call("DELETE", provider(upstream, kind), null);
    }
  }

  private static String provider(Upstream upstream, Upstream.Kind kind) {
    return "/api/v1/providers/" + upstream.name() + "-" + kind.wire();
  }

  public JsonNode isolate(String agent) {
    return call("POST", "/api/v1/agents/" + agent + "/isolate", reason());
  }

  public JsonNode release(String agent) {
    return call("POST", "/api/v1/agents/" + agent + "/release", reason());
  }

  public static JsonNode reason() {
    return Documents.object().put("reason", "a test of the kill switch");
  }

  /**
   * Isolates and, after whatever is to be done meanwhile, releases again; recorded.
   *
   * @return the acknowledgement
   */
  public JsonNode isolateDuring(String agent, History history, Runnable meanwhile) {
    long started = System.nanoTime();
    var acknowledgement = isolate(agent);
    assertThat(acknowledgement.has("acknowledged_at"))
        .as("acknowledged, not pending: %s", acknowledgement)
        .isTrue();
    release(agent, history, started, meanwhile);
    return acknowledgement;
  }

  /**
   * The same where those who have to acknowledge it may first have to move, which can take longer
   * than an answer waits for.
   */
  public void isolateWhilePartedDuring(String agent, History history, Runnable meanwhile) {
    long started = System.nanoTime();
    var answer = isolate(agent);
    String isolation = answer.required("isolation_id").asText();
    await("the isolation is acknowledged")
        .atMost(Duration.ofSeconds(20))
        .until(() -> answer.has("acknowledged_at") || isAcknowledged(agent, isolation));
    release(agent, history, started, meanwhile);
  }

  private boolean isAcknowledged(String agent, String isolation) {
    for (JsonNode each : call("GET", "/api/v1/agents/" + agent, null).required("isolations")) {
      if (each.required("id").asText().equals(isolation)) {
        return each.hasNonNull("acknowledged_at");
      }
    }
    return false;
  }

  private void release(String agent, History history, long started, Runnable meanwhile) {
    long ended = System.nanoTime();
    long released = Timed.NEVER;
    try {
      meanwhile.run();
      released = System.nanoTime();
    } finally {
      history.add(new Isolation(agent, started, ended, released));
    }
    release(agent);
  }

  /** All audit records of an agent. */
  public List<AuditLine> audit(String agent) {
    var lines = new ArrayList<AuditLine>();
    @Nullable String cursor = null;
    do {
      var page =
          call(
              "GET",
              "/api/v1/audit?limit=200&agent_id="
                  + agent
                  + (cursor == null ? "" : "&cursor=" + cursor),
              null);
      page.required("items").forEach(item -> lines.add(line(item)));
      cursor = textOrNull(page.path("next_cursor"));
    } while (cursor != null);
    return lines;
  }

  private static AuditLine line(JsonNode item) {
    return new AuditLine(
        item.required("id").asText(),
        Instant.parse(item.required("time").asText()),
        textOrNull(item.path("agent_id")),
        item.required("plane").asText(),
        item.required("operation").asText(),
        item.required("verdict").asText(),
        textOrNull(item.path("trace_id")),
        textOrNull(item.path("outcome").path("status")));
  }

  private static @Nullable String textOrNull(JsonNode node) {
    return node.isTextual() ? Objects.requireNonNull(node.asText()) : null;
  }
}
