package io.redoubt.controlplane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stand-in for Microsoft's login, for the Bot Framework and for Teams, and none of them: one
 * tenant, one bot, one channel. Strict where they are: who gets a token and who calls with it, with
 * which fields, and within which limits of Adaptive Cards; what it does not like it refuses, and
 * remembers as a complaint. Knows threads, replies and words to one person, and presses the buttons
 * of cards as the Bot Framework does, with a token of its own.
 */
final class TeamsStandIn implements AutoCloseable {
  static final String APP = "11111111-aaaa-4bbb-8ccc-000000000001";
  static final String SECRET = "app~secret.of/the+stand-in&bot";
  static final String TENANT = "22222222-aaaa-4bbb-8ccc-000000000002";
  static final String CHANNEL = "19:standin0approvals@thread.tacv2";
  static final String ISSUER = "https://api.botframework.com";
  static final String SERVICE_URL = "https://smba.trafficmanager.net/emea/stand-in/";

  /** As long as the contract lets a callback take. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final RSAKey FIRST = newKey("first");

  /** A message as it stands. */
  record Message(String conversation, String id, JsonNode activity, int edits) {
    String words() {
      return activity.toString();
    }

    boolean hasButtons() {
      return words().contains("Action.Execute");
    }
  }

  /** A reply, or a word to one person. */
  record Line(String conversation, String to, String text) {}

  private final Set<String> tenants = new HashSet<>(Set.of(TENANT));
  private final HttpServer server;
  private final Map<String, Instant> tokens = new HashMap<>();
  private final Map<String, Message> messages = new LinkedHashMap<>();
  private final List<Line> lines = new ArrayList<>();
  private final List<String> complaints = new ArrayList<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private volatile Clock clock = Clock.systemUTC();
  private RSAKey key = FIRST;
  private String endorsement = "msteams";
  private String metadataIssuer = ISSUER;
  private String secret = SECRET;
  private int count;
  private int limited;
  private int limitedSeconds;
  private int lost;
  private boolean down;
  private boolean keysDown;
  private boolean removed;

  TeamsStandIn() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/login/", exchange -> answer(exchange, this::login));
    server.createContext("/openid", exchange -> answer(exchange, this::metadata));
    server.createContext("/keys", exchange -> answer(exchange, this::keys));
    server.createContext("/teams/", exchange -> answer(exchange, this::connector));
    server.start();
  }

  /** By which its tokens are good. */
  void clock(Clock other) {
    clock = other;
  }

  String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** What a control plane is told so that it believes this and not Microsoft. */
  String settings() {
    return """
    redoubt.control-plane.channels.teams {
      login-url = "%s", openid-url = "%s", keys-pause = 100 ms
    }
    """
        .formatted(url("/login/"), url("/openid"));
  }

  /** The form that sets it up. */
  String form() {
    return """
    {"app_id": "%s", "app_secret": "%s", "tenant_id": "%s", "channel_id": "%s",
     "service_url": "%s"}
    """
        .formatted(APP, SECRET, TENANT, CHANNEL, url("/teams"));
  }

  private static RSAKey newKey(String kid) {
    try {
      return new RSAKeyGenerator(2048).keyID(kid).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  // What a test says and sees ------------------------------------------------------------------

  synchronized void limit(int howMany, int retryAfterSeconds) {
    limited = howMany;
    limitedSeconds = retryAfterSeconds;
  }

  /** The next messages are posted, and the answers to them never arrive. */
  synchronized void loseAnswers(int howMany) {
    lost = howMany;
  }

  synchronized void down(boolean isDown) {
    down = isDown;
  }

  synchronized void keysDown(boolean isDown) {
    keysDown = isDown;
  }

  /** The bot is taken out of the team, or put into it again. */
  synchronized void removed(boolean isRemoved) {
    removed = isRemoved;
  }

  /** Signs with another key from now on, and says so where it says its keys. */
  synchronized void newKey() {
    key = newKey("key-" + ++count);
  }

  synchronized void endorse(String channel) {
    endorsement = channel;
  }

  synchronized void metadataIssuer(String issuer) {
    metadataIssuer = issuer;
  }

  /** Tokens that were given are good no more. */
  synchronized void forgetTokens() {
    tokens.clear();
  }

  synchronized void secret(String other) {
    secret = other;
  }

  synchronized List<String> complaints() {
    return List.copyOf(complaints);
  }

  synchronized int calls(String what) {
    return counts.getOrDefault(what, 0);
  }

  synchronized List<Message> about(String words) {
    return messages.values().stream().filter(it -> it.words().contains(words)).toList();
  }

  synchronized List<String> thread(Message message) {
    return lines.stream()
        .filter(it -> it.to().isEmpty() && it.conversation().equals(message.conversation()))
        .map(Line::text)
        .toList();
  }

  synchronized List<String> whispersTo(String address) {
    return lines.stream().filter(it -> it.to().equals(address)).map(Line::text).toList();
  }

  synchronized void delete(Message message) {
    messages.remove(message.id());
  }

  // What people do -------------------------------------------------------------------------------

  /** A call with its token, ready to be sent, and to be sent again. */
  record Call(String authorization, String body) {

    HttpResponse<String> to(String url) {
      return to(URI.create(url + "/v1/callbacks/teams"), "authorization", authorization);
    }

    HttpResponse<String> to(URI callbacks, String... headers) {
      var request =
          HttpRequest.newBuilder(callbacks)
              .headers(headers)
              .timeout(PATIENCE)
              .header("content-type", "application/json; charset=utf-8")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      try {
        return Http.CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Where somebody is to be reached in the chat. */
  static String address(String user) {
    return "29:1-" + user;
  }

  /** Presses a button of a card, with a reason below it. */
  Call press(Message message, String verb, String reason, String user) {
    return call(pressed(message, verb, reason, user));
  }

  /** The same with other arguments in the field above it. */
  Call change(Message message, String arguments, String reason, String user) {
    var activity = pressed(message, "redoubt_edit", reason, user);
    activity.withObject("/value/action/data").put("redoubt_edit_arguments", arguments);
    return call(activity);
  }

  /** What the Bot Framework sends when a button is pressed. */
  synchronized ObjectNode pressed(Message message, String verb, String reason, String user) {
    JsonNode shown =
        message.activity().findParents("verb").stream()
            .filter(it -> it.path("verb").asText().equals(verb))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no button " + verb));
    ObjectNode activity = activity("invoke", user);
    activity.put("name", "adaptiveCard/action").put("replyToId", message.id());
    ObjectNode action =
        activity
            .putObject("value")
            .put("trigger", "manual")
            .putObject("action")
            .put("type", "Action.Execute")
            .put("title", shown.path("title").asText())
            .put("verb", verb);
    ObjectNode data = shown.path("data").deepCopy();
    data.put(verb + "_reason", reason);
    action.set("data", data);
    return activity;
  }

  synchronized ObjectNode activity(String type, String user) {
    ObjectNode activity = Json.LENIENT.createObjectNode().put("type", type);
    activity.put("id", "f:" + UUID.randomUUID());
    activity.put("timestamp", clock.instant().toString());
    activity.put("channelId", "msteams").put("serviceUrl", SERVICE_URL);
    activity
        .putObject("from")
        .put("id", address(user))
        .put("name", "Olivia Owner") // which anybody may call themselves
        .put("aadObjectId", user);
    activity
        .putObject("conversation")
        .put("isGroup", true)
        .put("conversationType", "channel")
        .put("tenantId", TENANT)
        .put("id", CHANNEL + ";messageid=1");
    activity.putObject("recipient").put("id", "28:" + APP).put("name", "redoubt");
    activity.putObject("channelData").putObject("tenant").put("id", TENANT);
    return activity;
  }

  Call call(JsonNode activity) {
    return call(activity, _ -> {});
  }

  /** With a token that is another than it should be. */
  Call call(JsonNode activity, Consumer<JWTClaimsSet.Builder> but) {
    return new Call("Bearer " + token(but, currentKey(), null), activity.toString());
  }

  synchronized RSAKey currentKey() {
    return key;
  }

  /** A token that this signs, or somebody else. */
  String token(Consumer<JWTClaimsSet.Builder> but, RSAKey signer, @Nullable String kid) {
    var now = clock.instant();
    var claims =
        new JWTClaimsSet.Builder()
            .issuer(ISSUER)
            .audience(APP)
            .claim("serviceurl", SERVICE_URL)
            .notBeforeTime(Date.from(now.minusSeconds(60)))
            .expirationTime(Date.from(now.plusSeconds(3540)));
    but.accept(claims);
    try {
      var header =
          new JWSHeader.Builder(JWSAlgorithm.RS256)
              .keyID(Objects.requireNonNullElse(kid, signer.getKeyID()))
              .build();
      var token = new SignedJWT(header, claims.build());
      token.sign(new RSASSASigner(signer));
      return token.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  // The servers ----------------------------------------------------------------------------------

  private record Said(int status, @Nullable JsonNode body) {}

  private interface Handler {
    Said handle(HttpExchange exchange, String body) throws IOException;
  }

  private void answer(HttpExchange exchange, Handler handler) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      synchronized (this) {
        var said = handler.handle(exchange, body);
        if (said.status() == 0) {
          return; // the answer is lost
        }
        byte[] bytes =
            said.body() == null
                ? new byte[0]
                : said.body().toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json; charset=utf-8");
        exchange.sendResponseHeaders(said.status(), bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
      }
    }
  }

  private Said complain(int status, String what) {
    complaints.add(what);
    return error(status, what);
  }

  private static Said error(int status, String code) {
    ObjectNode body = Json.LENIENT.createObjectNode();
    body.putObject("error").put("code", code).put("message", code);
    return new Said(status, body);
  }

  private void note(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  /** The bot is put into another tenant. */
  synchronized void alsoIn(String tenant) {
    tenants.add(tenant);
  }

  private static String tenantOf(String path) {
    return path.replaceFirst("^/login/([^/]+)/oauth2/v2\\.0/token$", "$1");
  }

  private Said login(HttpExchange exchange, String body) {
    note("token");
    if (!exchange.getRequestMethod().equals("POST")
        || !tenants.contains(tenantOf(exchange.getRequestURI().getPath()))) {
      return complain(404, "no token is given at " + exchange.getRequestURI());
    }
    var form = new HashMap<String, String>();
    for (String pair : body.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      form.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    String given = form.remove("client_secret");
    if (!form.equals(
        Map.of(
            "grant_type", "client_credentials", "client_id", APP, "scope", ISSUER + "/.default"))) {
      return complain(400, "not a request for a bot's token: " + form);
    }
    if (!secret.equals(given)) {
      return error(401, "invalid_client");
    }
    String token = "standin." + UUID.randomUUID();
    tokens.put(token, clock.instant().plusSeconds(3600));
    return new Said(
        200,
        Json.LENIENT
            .createObjectNode()
            .put("token_type", "Bearer")
            .put("expires_in", 3600)
            .put("ext_expires_in", 3600)
            .put("access_token", token));
  }

  private Said metadata(HttpExchange exchange, String body) {
    note("metadata");
    if (keysDown) {
      return new Said(503, null);
    }
    ObjectNode said =
        Json.LENIENT
            .createObjectNode()
            .put("issuer", metadataIssuer)
            .put("authorization_endpoint", "https://invalid.botframework.com")
            .put("jwks_uri", url("/keys"));
    said.putArray("id_token_signing_alg_values_supported").add("RS256");
    said.putArray("token_endpoint_auth_methods_supported").add("private_key_jwt");
    return new Said(200, said);
  }

  private Said keys(HttpExchange exchange, String body) throws IOException {
    note("keys");
    ObjectNode said = Json.LENIENT.createObjectNode();
    ObjectNode jwk = (ObjectNode) Json.LENIENT.readTree(key.toPublicJWK().toJSONString());
    jwk.put("use", "sig").putArray("endorsements").add(endorsement);
    said.putArray("keys").add(jwk);
    return new Said(200, said);
  }

  private Said connector(HttpExchange exchange, String body) throws IOException {
    if (down) {
      return new Said(503, null);
    }
    String token =
        String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"))
            .replace("Bearer ", "");
    var until = tokens.get(token);
    if (until == null || !clock.instant().isBefore(until)) {
      return error(401, "Unauthorized");
    }
    if (limited > 0) {
      limited--;
      exchange.getResponseHeaders().add("Retry-After", Integer.toString(limitedSeconds));
      return error(429, "Throttled");
    }
    if (!"application/json; charset=utf-8"
        .equals(exchange.getRequestHeaders().getFirst("Content-Type"))) {
      return complain(415, "a wrong content type");
    }
    if (removed) {
      return error(403, "BotNotInConversationRoster");
    }
    JsonNode call = Json.LENIENT.readTree(body);
    String path = exchange.getRequestURI().getRawPath().substring("/teams/".length());
    String query = String.valueOf(exchange.getRequestURI().getRawQuery());
    String[] parts = path.split("/", -1);
    String conversation =
        parts.length > 2 ? URLDecoder.decode(parts[2], StandardCharsets.UTF_8) : "";
    return switch (exchange.getRequestMethod() + " " + parts.length) {
      case "POST 2" -> create(call);
      case "POST 4" -> send(conversation, call, query.equals("isTargetedActivity=true"));
      case "PUT 5" ->
          update(conversation, URLDecoder.decode(parts[4], StandardCharsets.UTF_8), call);
      default -> complain(404, "nothing is at " + path);
    };
  }

  private Said create(JsonNode call) {
    note("create");
    JsonNode activity = call.path("activity");
    ObjectNode rest = call.deepCopy();
    rest.remove("activity");
    ObjectNode wanted = Json.LENIENT.createObjectNode().put("isGroup", true);
    wanted.putObject("bot").put("id", "28:" + APP);
    wanted.putObject("channelData").putObject("channel").put("id", CHANNEL);
    wanted.put("tenantId", TENANT);
    if (!rest.equals(wanted) || !activity.has("attachments")) {
      return complain(400, "BadSyntax: " + rest);
    }
    var wrong = AdaptiveCards.wrongWith(activity);
    if (wrong.isPresent()) {
      return complain(400, wrong.get());
    }
    String id = Long.toString(clock.millis() + ++count);
    String conversation = CHANNEL + ";messageid=" + id;
    messages.put(id, new Message(conversation, id, activity, 0));
    if (lost > 0) {
      lost--;
      return new Said(0, null);
    }
    return new Said(
        201, Json.LENIENT.createObjectNode().put("id", conversation).put("activityId", id));
  }

  private Said update(String conversation, String id, JsonNode activity) {
    note("update");
    var before = messages.get(id);
    if (before == null || !before.conversation().equals(conversation)) {
      return error(404, "ActivityNotFoundInConversation");
    }
    var wrong = AdaptiveCards.wrongWith(activity);
    if (wrong.isPresent() || !activity.path("id").asText().equals(id)) {
      return complain(400, wrong.orElse("another id"));
    }
    messages.put(id, new Message(conversation, id, activity, before.edits() + 1));
    return new Said(200, Json.LENIENT.createObjectNode().put("id", id));
  }

  private Said send(String conversation, JsonNode activity, boolean targeted) {
    note("send");
    var wrong = AdaptiveCards.wrongWith(activity);
    String to = activity.path("recipient").path("id").asText();
    if (wrong.isPresent() || targeted == to.isEmpty() || activity.has("attachments")) {
      return complain(400, wrong.orElse("Bad argument"));
    }
    boolean known =
        targeted
            ? conversation.equals(CHANNEL)
            : messages.values().stream()
                .anyMatch(it ->
                    it.conversation().equals(conversation)
                        && it.id().equals(activity.path("replyToId").asText()));
    if (!known) {
      return error(404, "ConversationNotFound");
    }
    lines.add(new Line(conversation, to, activity.path("text").asText()));
    return new Said(201, Json.LENIENT.createObjectNode().put("id", "1." + ++count));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
