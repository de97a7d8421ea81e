package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.Json;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * A signed POST for each step, or for the newest of those that came while the receiver was away. A
 * plain notification: nothing is decided by its answer.
 */
final class WebhookTeller implements Teller {
  /** {@code X-Redoubt-Signature: t=SECONDS,v1=HEX}: HMAC-SHA256 over time, dot and body. */
  static final String SIGNATURE = "X-Redoubt-Signature";

  /** The same for every attempt at the same step. */
  static final String DELIVERY = "X-Redoubt-Delivery";

  private final HttpCaller http;
  private final Duration timeout;
  private final Clock clock;

  WebhookTeller(HttpCaller http, Duration timeout, Clock clock) {
    this.http = http;
    this.timeout = timeout;
    this.clock = clock;
  }

  /** What is told of a webhook. */
  record Settings(URI url) {}

  @Override
  public Step step(Job job) throws InterruptedException {
    var notice = job.notice();
    var url = Json.LENIENT.convertValue(job.settings(), Settings.class).url();
    var view = job.standing().view();
    String delivery = view.id() + "/" + view.version();
    return switch (http.call(request(job, url, delivery))) {
      case Outcome.Done<String> _ ->
          new Said(
              notice.shownAt(
                  new Notice.Place("webhook", delivery), view.version(), Standing.of(view)),
              notice.place() == null ? "webhook/" + url.getHost() : null);
      case Outcome.Later<String>(var why, var _, var pause) -> new Held(notice, why, pause);
      // Whoever set it up can put it right.
      case Outcome.Refused<String>(var why) -> new Held(notice, why, Duration.ZERO);
    };
  }

  private HttpRequest request(Job job, URI url, String delivery) {
    var shown = job.standing();
    ObjectNode body = Json.LENIENT.createObjectNode();
    body.put("type", "approval").put("delivery", delivery).put("agent_name", shown.agent());
    ObjectNode approval = Json.LENIENT.valueToTree(shown.view());
    approval.remove(List.of("arguments", "prompt"));
    body.set("approval", approval);
    byte[] bytes = Json.write(body);
    String time = Long.toString(clock.instant().getEpochSecond());
    String secret = new String(job.secrets(), StandardCharsets.UTF_8);
    return HttpRequest.newBuilder(url)
        .timeout(timeout)
        .header("Content-Type", "application/json")
        .header(DELIVERY, delivery)
        .header(
            SIGNATURE,
            "t=" + time + ",v1=" + Signatures.hex(Signatures.sign(secret, time + ".", bytes)))
        .POST(HttpRequest.BodyPublishers.ofByteArray(bytes))
        .build();
  }
}
