package io.redoubt.enclave.link;

import com.typesafe.config.Config;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.protocol.token.SecretKeyText;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Section {@code redoubt.enclave.link}; every key is explained in {@code reference.conf}.
 *
 * @param apiKey says which enclave this is, too
 * @param caFile PEM file with the authorities to trust; empty: those of the Java platform
 * @param silenceLimit without a command or heartbeat for so long, the connection counts as dead
 * @param backoffRefused longest pause while nobody listens at the control plane's address
 * @param attempts how often a command that fails for no passing reason is tried
 */
public record LinkConfig(
    URI url,
    Secret apiKey,
    Optional<Path> caFile,
    Duration requestTimeout,
    Duration silenceLimit,
    Duration backoffMin,
    Duration backoffMax,
    Duration backoffRefused,
    Duration reportEvery,
    Duration seenEvery,
    Duration spendingEvery,
    Duration auditPoll,
    Duration auditGather,
    int auditLines,
    int maxEventBytes,
    int maxSightings,
    int attempts) {
  private static final String PATH = "redoubt.enclave.link";
  private static final int MOST_AUDIT_LINES = 500;

  /** A call that carries one in so many of the lines it may shows that others come. */
  private static final int MANY = 10;

  public LinkConfig {
    require(url.getHost() != null && url.getRawQuery() == null, "url", "must be an absolute URL");
    boolean https = "https".equals(url.getScheme());
    require(https || "http".equals(url.getScheme()), "url", "must be an https URL");
    require(
        https || isLoopback(url.getHost()),
        "url",
        "must be https: only a control plane on this machine may be called without TLS");
    require(
        SecretKeyText.parse(SecretKeyText.Kind.ENCLAVE_API_KEY, apiKey.reveal()).isPresent(),
        "api-key",
        "must be an enclave's API key (rde_…)");
    requirePositive("request-timeout", requestTimeout);
    requirePositive("silence-limit", silenceLimit);
    requirePositive("backoff-min", backoffMin);
    require(backoffMax.compareTo(backoffMin) >= 0, "backoff-max", "must not be below backoff-min");
    requirePositive("backoff-refused", backoffRefused);
    requirePositive("report-every", reportEvery);
    requirePositive("seen-every", seenEvery);
    requirePositive("spending-every", spendingEvery);
    requirePositive("audit-poll", auditPoll);
    require(auditGather.compareTo(auditPoll) >= 0, "audit-gather", "must not be below audit-poll");
    require(
        auditLines > 0 && auditLines <= MOST_AUDIT_LINES, "audit-lines", "must be from 1 to 500");
    require(maxEventBytes > 0, "max-event-bytes", "must be above zero");
    require(maxSightings > 0, "max-sightings", "must be above zero");
    require(attempts > 0, "attempts", "must be above zero");
  }

  public static LinkConfig from(Config root) {
    Config config = root.getConfig(PATH);
    String caFile = config.getString("ca-file");
    return new LinkConfig(
        URI.create(config.getString("url")),
        Secret.of(config.getString("api-key")),
        caFile.isEmpty() ? Optional.empty() : Optional.of(Path.of(caFile)),
        config.getDuration("request-timeout"),
        config.getDuration("silence-limit"),
        config.getDuration("backoff-min"),
        config.getDuration("backoff-max"),
        config.getDuration("backoff-refused"),
        config.getDuration("report-every"),
        config.getDuration("seen-every"),
        config.getDuration("spending-every"),
        config.getDuration("audit-poll"),
        config.getDuration("audit-gather"),
        config.getInt("audit-lines"),
        Math.toIntExact(config.getBytes("max-event-bytes")),
        config.getInt("max-sightings"),
        config.getInt("attempts"));
  }

  /** How long the next attempt may wait at most, after a failure of that kind. */
  Duration longestPause(Throwable failure) {
    return LinkClient.isRefused(failure) ? backoffRefused : backoffMax;
  }

  /**
   * How long audit gathers after a call that carried so much. What a call costs, here and there and
   * in both databases, hardly depends on that, and all of it is taken from those who wait for
   * decisions: so where there is not more than fits, the next one waits until it is worth it.
   */
  Duration auditPause(int lines) {
    if (lines >= auditLines) {
      return Duration.ZERO;
    }
    return lines * MANY >= auditLines ? auditGather : auditPoll;
  }

  /** The enclave that the API key belongs to. */
  public EnclaveId enclave() {
    return SecretKeyText.parse(SecretKeyText.Kind.ENCLAVE_API_KEY, apiKey.reveal())
        .map(key -> EnclaveId.parse(key.owner()))
        .orElseThrow();
  }

  private static boolean isLoopback(String host) {
    try {
      return "localhost".equals(host)
          || InetAddress.ofLiteral(host.replace("[", "").replace("]", "")).isLoopbackAddress();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static void requirePositive(String key, Duration value) {
    require(value.isPositive(), key, "must be above zero");
  }

  private static void require(boolean holds, String key, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(PATH + "." + key + " " + otherwise);
    }
  }
}
