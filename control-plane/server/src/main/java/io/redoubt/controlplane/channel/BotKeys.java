package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import io.redoubt.controlplane.upstream.BaseUrls;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that the Bot Framework signs its tokens with, from where its OpenID metadata say. Kept
 * for a while, and asked for anew, not more often than the configuration lets, when a token names a
 * key that is not among them.
 */
final class BotKeys {
  private static final Logger LOG = LoggerFactory.getLogger(BotKeys.class);
  private static final String ALGORITHM = "RS256";
  private static final int MOST_KEYS = 100;
  private static final int MIN_BITS = 2048;
  private static final int MAX_KID = 200;
  private static final long WAIT_MILLIS = 1_000;

  private final TeamsConfig config;
  private final HttpCaller http;
  private final Duration timeout;
  private final Clock clock;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile Known known = new Known(Map.of(), Instant.MIN);
  private volatile Instant asked = Instant.MIN;

  /**
   * A key.
   *
   * @param endorsements channels whose messages it may vouch for
   */
  record Key(RSAPublicKey publicKey, Set<String> endorsements) {}

  private record Known(Map<String, Key> keys, Instant since) {}

  BotKeys(TeamsConfig config, HttpCaller http, Duration timeout, Clock clock) {
    this.config = config;
    this.http = http;
    this.timeout = timeout;
    this.clock = clock;
  }

  /**
   * The key of that id; empty: there is none. Blocks for as long as asking takes, one caller at a
   * time; others wait a little for what comes of it, and are answered by what is known then.
   *
   * @throws ProblemException where no keys are known that may still be believed
   */
  Optional<Key> find(String kid) {
    var now = clock.instant();
    var before = known;
    boolean unknown = !before.keys().containsKey(kid);
    if (unknown || isOlder(before, config.keysLive(), now)) {
      ask(now, unknown);
    }
    var after = known;
    if (after.keys().isEmpty() || isOlder(after, config.keysKept(), now)) {
      throw ProblemException.retryAfter(
          ErrorType.UNAVAILABLE,
          "Microsoft's keys cannot be had at the moment.",
          (int) Math.max(1, config.keysPause().toSeconds()));
    }
    return Optional.ofNullable(after.keys().get(kid));
  }

  private static boolean isOlder(Known known, Duration age, Instant now) {
    return known.keys().isEmpty() || known.since().plus(age).isBefore(now);
  }

  /**
   * Asks for the keys, unless that was done just now.
   *
   * @param urgent whether to wait a little for somebody who asks at this moment
   */
  private void ask(Instant now, boolean urgent) {
    try {
      if (!asking.tryLock(urgent ? WAIT_MILLIS : 0, TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return;
    }
    try {
      if (!asked.equals(Instant.MIN) && asked.plus(config.keysPause()).isAfter(now)) {
        return;
      }
      asked = now;
      var keys = fetch();
      if (keys.isPresent()) {
        known = new Known(keys.get(), now);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      asking.unlock();
    }
  }

  private Optional<Map<String, Key>> fetch() throws InterruptedException {
    var metadata = json(config.openidUrl());
    if (metadata.isEmpty()) {
      return Optional.empty();
    }
    boolean signs = false;
    for (var algorithm : metadata.get().path("id_token_signing_alg_values_supported")) {
      signs |= algorithm.asText().equals(ALGORITHM);
    }
    // As strict as for an address that an operator gives: https, or this machine.
    var keysUrl = new BaseUrls(List.of()).read(metadata.get().path("jwks_uri").textValue());
    if (!metadata.get().path("issuer").asText().equals(config.issuer())
        || !signs
        || keysUrl.isEmpty()) {
      LOG.warn("The metadata at {} are not the Bot Framework's", config.openidUrl());
      return Optional.empty();
    }
    return json(keysUrl.get()).flatMap(BotKeys::read);
  }

  private Optional<JsonNode> json(URI url) throws InterruptedException {
    var request =
        HttpRequest.newBuilder(url)
            .timeout(timeout)
            .header("Accept", "application/json")
            .GET()
            .build();
    return switch (http.call(request)) {
      case Outcome.Done<String>(var text) -> parsed(text);
      case Outcome.Later<String>(var why, var _, var _) -> failed(url, why);
      case Outcome.Refused<String>(var why) -> failed(url, why);
    };
  }

  private static Optional<JsonNode> parsed(String text) {
    try {
      return Optional.of(Json.LENIENT.readTree(text));
    } catch (JsonProcessingException _) {
      return Optional.empty();
    }
  }

  private static Optional<JsonNode> failed(URI url, String why) {
    LOG.warn("{} could not be read: {}", url, why);
    return Optional.empty();
  }

  private static Optional<Map<String, Key>> read(JsonNode document) {
    var keys = new HashMap<String, Key>();
    if (document.path("keys").size() > MOST_KEYS) {
      LOG.warn("The Bot Framework has more than {} keys", MOST_KEYS);
      return Optional.empty();
    }
    for (var each : document.path("keys")) {
      String kid = each.path("kid").asText();
      if (!kid.isEmpty() && kid.length() <= MAX_KID) {
        key(each).ifPresent(key -> keys.put(kid, key));
      }
    }
    return keys.isEmpty() ? Optional.empty() : Optional.of(Map.copyOf(keys));
  }

  /** Empty for a key that is no RSA key to sign with, or too short to be believed. */
  private static Optional<Key> key(JsonNode each) {
    boolean signs = !each.has("use") || each.path("use").asText().equals("sig");
    if (!each.path("kty").asText().equals("RSA") || !signs) {
      return Optional.empty();
    }
    try {
      RSAPublicKey key =
          new RSAKey.Builder(
                  new Base64URL(each.path("n").asText()), new Base64URL(each.path("e").asText()))
              .build()
              .toRSAPublicKey();
      var endorsements = new HashSet<String>();
      each.path("endorsements").forEach(it -> endorsements.add(it.asText()));
      return key.getModulus().bitLength() < MIN_BITS
          ? Optional.empty()
          : Optional.of(new Key(key, Set.copyOf(endorsements)));
    } catch (JOSEException | IllegalArgumentException | IllegalStateException _) {
      return Optional.empty();
    }
  }
}
