package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.secret.Secret;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What bots prove themselves to the connector with: OAuth 2.0 client credentials (RFC 6749 §4.4).
 * Tokens are kept in memory alone, for as long as they are good, and a bounded number of them.
 */
final class TeamsTokens {
  private static final int REMEMBERED = 256;
  private static final Duration EARLY = Duration.ofMinutes(5);
  private static final long LONGEST_SECONDS = 24 * 3600L;
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/=-]{1,8000}");

  private final TeamsConfig config;
  private final HttpCaller http;
  private final Duration timeout;
  private final Clock clock;
  private final Map<Key, Kept> kept =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Kept> eldest) {
          return size() > REMEMBERED;
        }
      };

  /** A secret that was changed finds no token that the one before it earned. */
  private record Key(String app, String tenant, String secretDigest) {
    static Key of(TeamsSettings settings, Secret secret) {
      return new Key(
          settings.appId(),
          settings.loginTenant(),
          Signatures.hex(Signatures.sha256(secret.reveal())));
    }
  }

  private record Kept(Secret token, Instant until) {}

  TeamsTokens(TeamsConfig config, HttpCaller http, Duration timeout, Clock clock) {
    this.config = config;
    this.http = http;
    this.timeout = timeout;
    this.clock = clock;
  }

  /** One that is good for a while yet. Blocks. */
  Outcome<Secret> token(TeamsSettings settings, Secret secret) throws InterruptedException {
    var key = Key.of(settings, secret);
    synchronized (kept) {
      var known = kept.get(key);
      if (known != null && clock.instant().isBefore(known.until())) {
        return new Outcome.Done<>(known.token());
      }
    }
    return http.call(request(settings, secret))
        .then(answer -> read(answer).then(made -> keep(key, made)));
  }

  private Outcome<Secret> keep(Key key, Kept made) {
    synchronized (kept) {
      kept.put(key, made);
    }
    return new Outcome.Done<>(made.token());
  }

  /** The connector does not take it any more. */
  void forget(TeamsSettings settings, Secret secret) {
    synchronized (kept) {
      kept.remove(Key.of(settings, secret));
    }
  }

  private HttpRequest request(TeamsSettings settings, Secret secret) {
    String form =
        "grant_type=client_credentials&client_id="
            + settings.appId()
            + "&client_secret="
            + encoded(secret.reveal())
            + "&scope="
            + encoded(config.issuer() + "/.default");
    return HttpRequest.newBuilder(
            config.loginUrl().resolve(settings.loginTenant() + "/oauth2/v2.0/token"))
        .timeout(timeout)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Accept", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(form, StandardCharsets.US_ASCII))
        .build();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private Outcome<Kept> read(String text) {
    JsonNode answer;
    try {
      answer = Json.LENIENT.readTree(text);
    } catch (JsonProcessingException _) {
      return new Outcome.Later<>("not an answer of Microsoft's login", true, Duration.ZERO);
    }
    String token = answer.path("access_token").asText();
    long seconds = Math.min(answer.path("expires_in").asLong(), LONGEST_SECONDS);
    if (!answer.path("token_type").asText().equalsIgnoreCase("Bearer")
        || !TOKEN.matcher(token).matches()
        || seconds <= 0) {
      return new Outcome.Later<>("no token in the answer", true, Duration.ZERO);
    }
    var whole = Duration.ofSeconds(seconds);
    var used = whole.compareTo(EARLY.multipliedBy(2)) > 0 ? whole.minus(EARLY) : whole.dividedBy(2);
    return new Outcome.Done<>(new Kept(Secret.of(token), clock.instant().plus(used)));
  }
}
