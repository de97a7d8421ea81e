package io.redoubt.multinode.product;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.history.Timed;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The agent endpoint, as far as tokens go; records every rotation. */
public final class TokenEndpoint {
  private final Product product;
  private final History history;
  private final Supplier<Installation.Node> node;

  public TokenEndpoint(Product product, History history) {
    this(product, history, () -> product.runtime().node());
  }

  /**
   * Of several nodes.
   *
   * @param node which one the next request goes to
   */
  public TokenEndpoint(Product product, History history, Supplier<Installation.Node> node) {
    this.product = product;
    this.history = history;
    this.node = node;
  }

  /**
   * What a rotation yielded.
   *
   * @param successor the token that stands now; null: none was granted
   * @param trace of the request
   */
  public record Outcome(
      Rotation recorded,
      @Nullable String successor,
      @Nullable String accessToken,
      @Nullable Reply reply,
      String trace) {}

  /** Bootstraps; not recorded, since the one-time token is not the matter here. */
  public Attempt bootstrap(String bootstrapToken, @Nullable String committed) {
    return post(
        "/v1/agent/bootstrap", body("bootstrap_token", bootstrapToken, committed), Trace.next());
  }

  /** Spends a refresh token. */
  public Outcome rotate(String presented, @Nullable String committed) {
    String trace = Trace.next();
    if (committed != null) {
      product.secrets().note(committed);
    }
    long started = System.nanoTime();
    var attempt = post("/v1/agent/refresh", body("refresh_token", presented, committed), trace);
    long ended = System.nanoTime();

    var answer = answer(attempt, committed);
    var rotation =
        new Rotation(
            TokenText.family(presented),
            TokenText.label(presented),
            committed == null ? null : TokenText.label(committed),
            started,
            answer instanceof Rotation.Maybe ? Timed.NEVER : ended,
            answer);
    history.add(rotation);
    @Nullable Reply reply = attempt instanceof Attempt.Answered(var given) ? given : null;
    if (reply == null || !(answer instanceof Rotation.Granted)) {
      if (reply != null) {
        history.addBadAnswers(AnswerForm.problemViolations(reply));
      }
      return new Outcome(rotation, null, null, reply, trace);
    }
    return new Outcome(
        rotation,
        successor(reply.json(), committed),
        product.secrets().note(reply.json().required("access_token").asText()),
        reply,
        trace);
  }

  private Attempt post(String path, JsonNode body, String trace) {
    return product
        .http()
        .attempt(
            "POST",
            node.get().agent().resolve(path),
            Map.of("traceparent", Trace.parent(trace)),
            Documents.write(body));
  }

  private static JsonNode body(String field, String token, @Nullable String committed) {
    var body = Documents.object().put(field, token);
    return committed == null
        ? body
        : body.put("next_refresh_token_digest", TokenText.digest(committed));
  }

  /** The token after a granted one. */
  String successor(JsonNode granted, @Nullable String committed) {
    if (committed == null) {
      return product.secrets().note(granted.required("refresh_token").asText());
    }
    if (granted.has("refresh_token")) {
      throw new AssertionError("a committed rotation must not carry a refresh token");
    }
    return committed;
  }

  private Rotation.Answer answer(Attempt attempt, @Nullable String committed) {
    return switch (attempt) {
      case Attempt.NotSent(var why) -> new Rotation.NotSpent(why);
      case Attempt.Lost(var why) -> new Rotation.Maybe(why);
      case Attempt.Answered(var reply) -> answer(reply, committed);
    };
  }

  private Rotation.Answer answer(Reply reply, @Nullable String committed) {
    if (reply.status() == 200) {
      var granted = reply.json();
      return new Rotation.Granted(
          TokenText.label(successor(granted, committed)),
          TokenText.accessId(granted.required("access_token").asText()));
    }
    return switch (reply.problem()) {
      case "refresh-token-replayed" -> new Rotation.Replayed();
      case "refresh-token-invalid" -> new Rotation.Refused();
      default ->
          reply.status() >= 500
              ? new Rotation.Maybe(reply.status() + " " + reply.problem())
              : new Rotation.NotSpent(reply.status() + " " + reply.problem());
    };
  }
}
