package io.redoubt.multinode.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.multinode.history.Fate;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Timed;
import io.redoubt.multinode.history.Vote;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Somebody who decides what agents ask for, through either channel; every vote is recorded. */
public final class Approver {
  private final Product product;
  private final Operator operator;
  private final History history;
  private final Supplier<Installation.Node> node;

  /** Where somebody says it. */
  public enum Channel {
    CONTROL_PLANE,
    ENCLAVE
  }

  /**
   * One with the operator's permissions.
   *
   * @param node which one the next word to the enclave goes to
   */
  public Approver(
      Product product, Operator operator, History history, Supplier<Installation.Node> node) {
    this.product = product;
    this.operator = operator;
    this.history = history;
    this.node = node;
  }

  /** Says it once, whatever comes of it. */
  public Vote vote(Channel channel, String approval, boolean approves) {
    return say(channel, approval, approves, Documents.object());
  }

  /** Approves an operation with other parameters, once, whatever comes of it. */
  public Vote edit(Channel channel, String approval, JsonNode parameters) {
    var body = Documents.object();
    body.putObject("arguments").set("parameters", parameters);
    return say(channel, approval, true, body);
  }

  private Vote say(Channel channel, String approval, boolean approves, ObjectNode body) {
    body.put("decision", approves ? "approve" : "deny").put("reason", "said through " + channel);
    var uri = uri(channel, "/" + approval + "/decision");
    long started = System.nanoTime();
    var attempt = attempt("POST", uri, body);
    var answer = answer(attempt);
    var vote =
        new Vote(
            approval,
            channel.name(),
            approves,
            started,
            answer instanceof Vote.Maybe ? Timed.NEVER : System.nanoTime(),
            answer);
    history.add(vote);
    if (attempt instanceof Attempt.Answered(var reply) && reply.status() >= 400) {
      history.addBadAnswers(AnswerForm.problemViolations(reply));
    }
    return vote;
  }

  private static Vote.Answer answer(Attempt attempt) {
    return switch (attempt) {
      case Attempt.NotSent(var why) -> new Vote.Refused(why);
      case Attempt.Lost(var why) -> new Vote.Maybe(why);
      case Attempt.Answered(var reply) ->
          switch (reply.status()) {
            case 200 -> new Vote.Heard(reply.json().path("status").asText());
            case 409 -> new Vote.Late(reply.json().path("detail").asText());
            case 401, 403, 404, 429 -> new Vote.Refused(reply.toString());
            default -> new Vote.Maybe(reply.toString());
          };
    };
  }

  /**
   * What an enclave's node shows, the newest first; empty where it does not answer.
   *
   * @param status null: any
   */
  public Optional<List<JsonNode>> shown(@Nullable String status) {
    var path = "?limit=200" + (status == null ? "" : "&status=" + status);
    return attempt("GET", uri(Channel.ENCLAVE, path), null) instanceof Attempt.Answered(var reply)
            && reply.status() == 200
        ? Optional.of(items(reply.json()))
        : Optional.empty();
  }

  /** All that the control plane knows of. */
  public List<JsonNode> known() {
    return all("/api/v1/approvals?limit=200");
  }

  /** What has become of each request, as the enclave and the audit log say. */
  public Map<String, Fate> fates() {
    var steps = new HashMap<String, List<String>>();
    for (JsonNode record : all("/api/v1/audit?plane=approval&limit=200")) {
      if (record.hasNonNull("approval_id")) {
        steps
            .computeIfAbsent(record.path("approval_id").asText(), _ -> new ArrayList<>())
            .add(record.path("operation").asText().replace("approval:", ""));
      }
    }
    var fates = new HashMap<String, Fate>();
    for (JsonNode approval : shown(null).orElse(List.of())) {
      String id = approval.path("id").asText();
      fates.put(
          id,
          new Fate(
              id,
              approval.path("agent_id").asText(),
              approval.path("status").asText(),
              steps.getOrDefault(id, List.of())));
    }
    assertThat(fates.size()).as("all of them on one page").isLessThan(200);
    return fates;
  }

  /** The node that the request's actor lived on when it was asked; empty: not on record yet. */
  public Optional<String> holder(String approval) {
    return all("/api/v1/audit?plane=approval&limit=200").stream()
        .filter(record -> record.path("approval_id").asText().equals(approval))
        .filter(record -> record.path("operation").asText().equals("approval:asked"))
        .map(record -> record.path("node").asText())
        .findFirst();
  }

  private List<JsonNode> all(String path) {
    var found = new ArrayList<JsonNode>();
    @Nullable String cursor = null;
    do {
      var page = operator.call("GET", path + (cursor == null ? "" : "&cursor=" + cursor), null);
      found.addAll(items(page));
      cursor = page.path("next_cursor").isTextual() ? page.path("next_cursor").asText() : null;
    } while (cursor != null);
    return found;
  }

  private static List<JsonNode> items(JsonNode page) {
    var items = new ArrayList<JsonNode>();
    page.required("items").forEach(items::add);
    return items;
  }

  private URI uri(Channel channel, String path) {
    return switch (channel) {
      case CONTROL_PLANE -> product.runtime().controlPlane().resolve("/api/v1/approvals" + path);
      case ENCLAVE -> node.get().agent().resolve("/v1/operator/approvals" + path);
    };
  }

  private Attempt attempt(String method, URI uri, @Nullable JsonNode body) {
    return product
        .http()
        .attempt(
            method,
            uri,
            Map.of("Authorization", "Bearer " + operator.token()),
            body == null ? null : Documents.write(body));
  }
}
