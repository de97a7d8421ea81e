package io.redoubt.cli.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The operator API, with a token that renews itself. Answers are documents as they came: a newer
 * server may say more than this program knows.
 */
public final class OperatorApi {
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);

  /** RFC 9470 §3. */
  private static final Pattern STEP_UP =
      Pattern.compile("\\berror=\"?insufficient_user_authentication\\b");

  private static final Pattern MAX_AGE = Pattern.compile("\\bmax_age=\"?([0-9]{1,9})\\b");
  private static final int PAGE = 200;
  private static final int MAX_WAITS = 3;
  private static final int MAX_WAIT_SECONDS = 10;

  private final URI server;
  private final HttpClient http;
  private final OperatorTokens tokens;

  public OperatorApi(URI server, HttpClient http, OperatorTokens tokens) {
    this.server = server;
    this.http = http;
    this.tokens = tokens;
  }

  public JsonNode get(String path) {
    return call("GET", path, null);
  }

  /** Posts once, whatever happens on the way: the same key makes a repeat harmless. */
  public JsonNode post(String path, Object body) {
    return call("POST", path, body);
  }

  public JsonNode put(String path, Object body) {
    return call("PUT", path, body);
  }

  public JsonNode patch(String path, Object body) {
    return call("PATCH", path, body);
  }

  public JsonNode delete(String path) {
    return call("DELETE", path, null);
  }

  /**
   * The items of a list, page after page.
   *
   * @param limit at most so many; 0: all
   */
  public List<JsonNode> list(String path, int limit) {
    var items = new ArrayList<JsonNode>();
    String query = path + (path.contains("?") ? "&" : "?") + "limit=";
    @Nullable String cursor = null;
    do {
      int wanted = limit == 0 ? PAGE : Math.min(PAGE, limit - items.size());
      JsonNode page =
          get(query + wanted + (cursor == null ? "" : "&cursor=" + Query.encode(cursor)));
      page.path("items").forEach(items::add);
      cursor = page.path("next_cursor").textValue();
    } while (cursor != null && (limit == 0 || items.size() < limit));
    return items;
  }

  /** Streams a list as newline-delimited JSON, so that length costs no memory. */
  public void stream(String path, Consumer<JsonNode> each) {
    HttpResponse<InputStream> response = exchange("GET", path, null, "application/x-ndjson");
    try (var lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      lines
          .lines()
          .filter(line -> !line.isBlank())
          .forEach(line -> each.accept(document(line.getBytes(StandardCharsets.UTF_8))));
    } catch (IOException | UncheckedIOException e) {
      throw unreachable(server, e);
    }
  }

  /**
   * What was recorded of somebody else's words.
   *
   * @param truncated whether it is only how they began
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Recorded(byte[] bytes, boolean truncated) {}

  /** What was recorded, byte for byte. */
  public Recorded bytes(String path) {
    HttpResponse<InputStream> response = exchange("GET", path, null, "application/octet-stream");
    try (InputStream in = response.body()) {
      return new Recorded(
          in.readAllBytes(),
          response.headers().firstValue("x-redoubt-truncated").filter("true"::equals).isPresent());
    } catch (IOException e) {
      throw unreachable(server, e);
    }
  }

  private JsonNode call(String method, String path, @Nullable Object body) {
    HttpResponse<InputStream> response = exchange(method, path, body, "application/json");
    try (InputStream in = response.body()) {
      byte[] bytes = in.readAllBytes();
      return bytes.length == 0 ? Json.LENIENT.createObjectNode() : document(bytes);
    } catch (IOException e) {
      throw unreachable(server, e);
    }
  }

  private HttpResponse<InputStream> exchange(
      String method, String path, @Nullable Object body, String accept) {
    String idempotencyKey = UUID.randomUUID().toString();
    boolean renewed = false;
    for (int waits = 0; ; ) {
      var request =
          HttpRequest.newBuilder(server.resolve(path))
              .timeout(REQUEST_TIMEOUT)
              .header("Accept", accept + ", " + Problem.MEDIA_TYPE)
              .header("Authorization", "Bearer " + tokens.current());
      if (method.equals("POST")) {
        request.header("Idempotency-Key", idempotencyKey);
      }
      if (body == null) {
        request.method(method, HttpRequest.BodyPublishers.noBody());
      } else {
        request
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofByteArray(Json.write(body)));
      }
      HttpResponse<InputStream> response = send(http, server, request.build());
      int status = response.statusCode();
      if (status / 100 == 2) {
        return response;
      }
      ApiFailure failure = failure(response);
      if (status == 401 && !renewed && failure.stepUpSeconds() == null) {
        // The secret or the signing key may have changed since the token was kept.
        tokens.forget();
        renewed = true;
      } else if ((status == 429 || status == 503) && waits < MAX_WAITS) {
        waits++;
        pause(response, failure);
      } else {
        throw failure;
      }
    }
  }

  private static void pause(HttpResponse<?> response, ApiFailure failure) {
    long seconds =
        response.headers().firstValue("Retry-After").map(OperatorApi::seconds).orElse(-1L);
    if (seconds < 0 || seconds > MAX_WAIT_SECONDS) {
      throw failure;
    }
    try {
      Thread.sleep(Duration.ofSeconds(Math.max(1, seconds)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure;
    }
  }

  private static long seconds(String text) {
    return text.matches("[0-9]{1,6}") ? Long.parseLong(text) : -1;
  }

  static HttpResponse<InputStream> send(HttpClient http, URI server, HttpRequest request) {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw unreachable(server, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(ExitCode.FAILED, "Interrupted.", e);
    }
  }

  static ApiFailure failure(HttpResponse<InputStream> response) {
    var failure = said(response);
    return response.headers().allValues("WWW-Authenticate").stream()
        .filter(challenge -> STEP_UP.matcher(challenge).find())
        .map(MAX_AGE::matcher)
        .filter(Matcher::find)
        .findFirst()
        .map(age -> failure.steppingUp(Integer.parseInt(age.group(1))))
        .orElse(failure);
  }

  private static ApiFailure said(HttpResponse<InputStream> response) {
    try (InputStream in = response.body()) {
      byte[] bytes = in.readNBytes(1 << 16);
      return ApiFailure.of(response.statusCode(), Json.LENIENT.readValue(bytes, Problem.class));
    } catch (IOException _) {
      return ApiFailure.of(response.statusCode(), (Problem) null);
    }
  }

  static CommandFailure unreachable(URI server, Exception why) {
    @Nullable String reason = why.getMessage();
    return new CommandFailure(
        ExitCode.UNREACHABLE,
        server + " cannot be reached" + (reason == null ? "" : ": " + reason) + ".",
        why);
  }

  private static JsonNode document(byte[] bytes) {
    try {
      return Json.LENIENT.readTree(bytes);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, "The server's answer is not JSON.", e);
    }
  }
}
