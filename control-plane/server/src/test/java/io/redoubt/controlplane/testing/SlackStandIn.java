package io.redoubt.controlplane.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A stand-in for Slack, and not Slack: one workspace, one app, one channel. Strict where Slack is:
 * who calls, as what, with which fields and within which limits of Block Kit; what it does not like
 * it refuses, and remembers as a complaint. Knows messages, threads, words to one person and forms,
 * and presses their buttons as Slack does, signed.
 */
public final class SlackStandIn implements AutoCloseable {
  public static final String TOKEN = "xoxb-111-222-stand-in-token";
  public static final String SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
  public static final String TEAM = "T0STANDIN";
  public static final String APP = "A0STANDIN";
  public static final String CHANNEL = "C0APPROVALS";

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Duration TRIGGERS_LIVE = Duration.ofSeconds(3);
  private static final Map<String, Set<String>> FIELDS =
      Map.of(
          "chat.postMessage",
          Set.of(
              "channel",
              "text",
              "blocks",
              "thread_ts",
              "mrkdwn",
              "metadata",
              "unfurl_links",
              "unfurl_media"),
          "chat.update",
          Set.of("channel", "ts", "text", "blocks", "metadata"),
          "chat.postEphemeral",
          Set.of("channel", "user", "text", "blocks"),
          "conversations.history",
          Set.of("channel", "oldest", "latest", "include_all_metadata", "limit", "cursor"),
          "views.open",
          Set.of("trigger_id", "view"));

  /** A message as it stands. */
  public record Message(String ts, JsonNode body, int edits) {
    public String words() {
      return body.toString();
    }

    public boolean hasButtons() {
      return words().contains("\"actions\"");
    }
  }

  private static final Runnable NOTHING = () -> {};

  private final HttpServer server;
  private final Clock clock;
  private final Map<String, Message> messages = new LinkedHashMap<>();
  private final Map<String, Long> triggers = new LinkedHashMap<>();
  private final List<String> complaints = new ArrayList<>();
  private final List<JsonNode> whispers = new ArrayList<>();
  private final List<JsonNode> forms = new ArrayList<>();
  private final List<String> calls = new ArrayList<>();
  private int count;
  private int limited;
  private int limitedSeconds;
  private int lost;
  private boolean down;
  private Runnable meanwhile = NOTHING;
  private String refused = "";
  private String channel = CHANNEL;

  public SlackStandIn(Clock clock) {
    this.clock = clock;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/api/", this::handle);
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/api/";
  }

  // What a test says and sees ------------------------------------------------------------------

  /** The next calls are too many. */
  public synchronized void limit(int howMany, int retryAfterSeconds) {
    limited = howMany;
    limitedSeconds = retryAfterSeconds;
  }

  /** The next messages are posted, and the answers to them never arrive. */
  public synchronized void loseAnswers(int howMany) {
    lost = howMany;
  }

  /** Happens when the next message is posted, before that is answered. */
  public synchronized void meanwhile(Runnable what) {
    meanwhile = what;
  }

  public synchronized void down(boolean isDown) {
    down = isDown;
  }

  /** Calls that speak of it are answered {@code ok: false}, {@code not_in_channel}; empty: none. */
  public synchronized void refuse(String words) {
    refused = words;
  }

  /** The app is taken out of its channel, and put into another. */
  public synchronized void moveTo(String other) {
    channel = other;
  }

  public synchronized List<String> complaints() {
    return List.copyOf(complaints);
  }

  public synchronized List<String> calls() {
    return List.copyOf(calls);
  }

  /** Top messages that speak of it, however many. */
  public synchronized List<Message> about(String words) {
    return messages.values().stream()
        .filter(it -> !it.body().has("thread_ts") && it.words().contains(words))
        .toList();
  }

  /** Those of a request, as their metadata says; others may name it. */
  public synchronized List<Message> of(String approval) {
    return messages.values().stream()
        .filter(it -> it.body().at("/metadata/event_payload/approval_id").asText().equals(approval))
        .toList();
  }

  public synchronized List<String> thread(String ts) {
    return messages.values().stream()
        .filter(it -> it.body().path("thread_ts").asText().equals(ts))
        .map(it -> it.body().path("text").asText())
        .toList();
  }

  public synchronized List<String> whispersTo(String user) {
    return whispers.stream()
        .filter(it -> it.path("user").asText().equals(user))
        .map(it -> it.path("text").asText())
        .toList();
  }

  public synchronized List<JsonNode> forms() {
    return List.copyOf(forms);
  }

  /** Somebody deletes a message. */
  public synchronized void delete(String ts) {
    messages.remove(ts);
  }

  // What people do -------------------------------------------------------------------------------

  /** A signed call, ready to be sent, and to be sent again. */
  public record Call(String timestamp, String signature, String body) {

    public HttpResponse<String> to(String url) {
      return to(URI.create(url + "/v1/callbacks/slack"), "x-slack-retry-num", "0");
    }

    public HttpResponse<String> to(URI callbacks, String... headers) {
      var request =
          HttpRequest.newBuilder(callbacks)
              .headers(headers)
              .timeout(TRIGGERS_LIVE) // as long as Slack waits
              .header("content-type", "application/x-www-form-urlencoded")
              .header("x-slack-request-timestamp", timestamp)
              .header("x-slack-signature", signature)
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      try {
        return CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Presses a button of a message. */
  public synchronized Call press(Message message, String action, String user) {
    JsonNode button =
        message.body().findParents("action_id").stream()
            .filter(it -> it.path("action_id").asText().equals(action))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no button " + action));
    return call(
        pressed(message, action, button.path("value").asText(), user, TEAM), SIGNING_SECRET);
  }

  /** What Slack sends when a button is pressed. */
  public synchronized ObjectNode pressed(
      Message message, String action, String value, String user, String userTeam) {
    String trigger = "trigger." + ++count;
    triggers.put(trigger, System.nanoTime());
    ObjectNode payload = payload("block_actions", user, userTeam);
    payload.put("trigger_id", trigger);
    payload
        .putObject("container")
        .put("type", "message")
        .put("message_ts", message.ts())
        .put("channel_id", CHANNEL);
    payload.putObject("channel").put("id", CHANNEL).put("name", "approvals");
    payload.set("message", message.body());
    payload
        .putArray("actions")
        .addObject()
        .put("type", "button")
        .put("action_id", action)
        .put("block_id", "redoubt_decision")
        .put("value", value)
        .put("action_ts", "1." + count);
    return payload;
  }

  /** Sends in a form. */
  public synchronized Call submit(JsonNode view, String reason, String user) {
    return submit(view, Map.of("reason", reason), user);
  }

  /** The same with what is typed into each of its fields; one that is left out stays empty. */
  public synchronized Call submit(JsonNode view, Map<String, String> typed, String user) {
    ObjectNode payload = payload("view_submission", user, TEAM);
    ObjectNode sent = view.deepCopy();
    ObjectNode values = sent.putObject("state").putObject("values");
    for (JsonNode input : view.path("blocks")) {
      String block = input.path("block_id").asText();
      values
          .putObject(block)
          .putObject(input.path("element").path("action_id").asText())
          .put("type", "plain_text_input")
          .put("value", typed.get(block));
    }
    payload.set("view", sent);
    payload.put("hash", ++count);
    return call(payload, SIGNING_SECRET);
  }

  private static ObjectNode payload(String type, String user, String userTeam) {
    ObjectNode payload = Json.LENIENT.createObjectNode().put("type", type);
    payload.putObject("team").put("id", TEAM).put("domain", "stand-in");
    payload
        .putObject("user")
        .put("id", user)
        .put("username", "olivia.owner") // which anybody may call themselves
        .put("name", "olivia.owner")
        .put("team_id", userTeam);
    return payload.put("api_app_id", APP).put("token", "deprecated").putNull("enterprise");
  }

  public Call call(JsonNode payload, String secret) {
    return call(payload, secret, clock.instant().getEpochSecond());
  }

  public Call call(JsonNode payload, String secret, long at) {
    String body = "payload=" + URLEncoder.encode(payload.toString(), StandardCharsets.UTF_8);
    return new Call(Long.toString(at), sign(secret, at, body), body);
  }

  public static String sign(String secret, long at, String body) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      byte[] sum = mac.doFinal(("v0:" + at + ":" + body).getBytes(StandardCharsets.UTF_8));
      return "v0=" + HexFormat.of().formatHex(sum);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  // The API
  // ----------------------------------------------------------------------------------------

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String method = exchange.getRequestURI().getPath().substring("/api/".length());
      synchronized (this) {
        if (down) {
          answer(exchange, 503, Json.LENIENT.createObjectNode());
          return;
        }
        if (limited > 0) {
          limited--;
          exchange.getResponseHeaders().add("Retry-After", Integer.toString(limitedSeconds));
          answer(exchange, 429, no("ratelimited"));
          return;
        }
        calls.add(method);
        String text = new String(body, StandardCharsets.UTF_8);
        ObjectNode answer =
            !refused.isEmpty() && text.contains(refused)
                ? no("not_in_channel")
                : work(exchange, method, body);
        boolean isTop = method.equals("chat.postMessage") && text.contains("\"metadata\"");
        if (isTop) {
          var now = meanwhile;
          meanwhile = NOTHING;
          now.run();
        }
        if (lost > 0 && isTop) {
          lost--;
          return;
        }
        answer(exchange, 200, answer);
      }
    }
  }

  private static void answer(HttpExchange exchange, int status, JsonNode body) throws IOException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json; charset=utf-8");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static ObjectNode no(String error) {
    return Json.LENIENT.createObjectNode().put("ok", false).put("error", error);
  }

  private static ObjectNode yes() {
    return Json.LENIENT.createObjectNode().put("ok", true);
  }

  private ObjectNode work(HttpExchange exchange, String method, byte[] body) throws IOException {
    var headers = exchange.getRequestHeaders();
    if (!exchange.getRequestMethod().equals("POST") || !FIELDS.containsKey(method)) {
      return complain("unknown_method", method);
    }
    if (!("Bearer " + TOKEN).equals(headers.getFirst("Authorization"))) {
      return complain("invalid_auth", "Authorization");
    }
    if (!"application/json; charset=utf-8".equals(headers.getFirst("Content-Type"))) {
      return complain("invalid_post_type", String.valueOf(headers.getFirst("Content-Type")));
    }
    JsonNode call = Json.LENIENT.readTree(body);
    var known = FIELDS.get(method);
    call.fieldNames()
        .forEachRemaining(field -> {
          if (!known.contains(field)) {
            complaints.add(method + " knows no " + field);
          }
        });
    if (!method.equals("views.open") && !call.path("channel").asText().equals(channel)) {
      return no("channel_not_found");
    }
    return switch (method) {
      case "chat.postMessage" -> post(call);
      case "chat.update" -> update(call);
      case "chat.postEphemeral" -> whisper(call);
      case "conversations.history" -> history(call);
      default -> open(call);
    };
  }

  private ObjectNode complain(String error, String what) {
    complaints.add(error + ": " + what);
    return no(error);
  }

  private ObjectNode post(JsonNode call) {
    var wrong = BlockKit.wrongWithMessage(call);
    if (wrong.isPresent()) {
      return complain("invalid_blocks", wrong.get());
    }
    String thread = call.path("thread_ts").asText();
    if (!thread.isEmpty() && !messages.containsKey(thread)) {
      return complain("thread_not_found", thread);
    }
    String ts = "%d.%06d".formatted(clock.instant().getEpochSecond(), ++count);
    messages.put(ts, new Message(ts, call, 0));
    return yes().put("channel", channel).put("ts", ts);
  }

  private ObjectNode update(JsonNode call) {
    var wrong = BlockKit.wrongWithMessage(call);
    if (wrong.isPresent()) {
      return complain("invalid_blocks", wrong.get());
    }
    String ts = call.path("ts").asText();
    var before = messages.get(ts);
    if (before == null) {
      return no("message_not_found");
    }
    messages.put(ts, new Message(ts, call, before.edits() + 1));
    return yes().put("channel", channel).put("ts", ts);
  }

  private ObjectNode whisper(JsonNode call) {
    if (call.path("user").asText().isEmpty() || call.path("text").asText().isEmpty()) {
      return complain("invalid_arguments", call.toString());
    }
    whispers.add(call);
    return yes().put("message_ts", "1." + ++count);
  }

  private ObjectNode history(JsonNode call) {
    ObjectNode answer = yes();
    var list = answer.putArray("messages");
    double oldest = Double.parseDouble(call.path("oldest").asText("0"));
    boolean all = call.path("include_all_metadata").asBoolean();
    messages.values().stream()
        .filter(it -> !it.body().has("thread_ts") && Double.parseDouble(it.ts()) > oldest)
        .forEach(it -> {
          ObjectNode message = list.addObject().put("type", "message").put("ts", it.ts());
          if (all) {
            message.set("metadata", it.body().path("metadata"));
          }
        });
    return answer.put("has_more", false);
  }

  private ObjectNode open(JsonNode call) {
    Long made = triggers.remove(call.path("trigger_id").asText());
    if (made == null) {
      return complain("invalid_trigger_id", "used, or never given");
    }
    if (System.nanoTime() - made > TRIGGERS_LIVE.toNanos()) {
      return complain("expired_trigger_id", "too late");
    }
    Optional<String> wrong = BlockKit.wrongWithModal(call.path("view"));
    if (wrong.isPresent()) {
      return complain("invalid_arguments", wrong.get());
    }
    forms.add(call.path("view"));
    return yes();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
