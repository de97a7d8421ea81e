package io.redoubt.controlplane.upstream;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.net.CaCertificates;
import io.redoubt.protocol.secret.Secret;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What is asked of every upstream alike. */
public final class UpstreamChecks {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

  /** What fits in one header line: a secret with a line break would write headers of its own. */
  private static final Pattern SECRET = Pattern.compile("[\\x21-\\x7e]{1,4096}");

  private static final int MAX_CONNECT_TIMEOUT_SECONDS = 60;

  private UpstreamChecks() {}

  /** How its certificate is checked, as a caller says it. */
  public record TlsBody(@Nullable String caPem) {}

  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  public static void name(Checks checks, String name) {
    checks.require(
        isName(name),
        "name",
        "has 1 to 63 lower-case letters, digits, dots, dashes and underscores");
  }

  public static void secret(Checks checks, String pointer, @Nullable Secret secret) {
    checks.require(
        secret != null && SECRET.matcher(secret.reveal()).matches(),
        pointer,
        "is needed: 1 to 4096 visible ASCII characters");
  }

  /**
   * Notes what is wrong with how it is reached.
   *
   * @param maxTimeoutSeconds how long it may stay silent at most
   * @return what is right where nothing is wrong
   */
  public static Optional<Reach> reach(
      Checks checks,
      BaseUrls baseUrls,
      int maxTimeoutSeconds,
      @Nullable String baseUrl,
      int timeoutSeconds,
      @Nullable Integer connectTimeoutSeconds,
      @Nullable TlsBody tls) {
    var url = baseUrls.read(baseUrl);
    var caPem = tls == null ? null : tls.caPem();
    checks
        .require(
            url.isPresent(),
            "/base_url",
            "is needed: an https URL without credentials, query or fragment")
        .require(
            timeoutSeconds >= 1 && timeoutSeconds <= maxTimeoutSeconds,
            "/timeout_seconds",
            "is 1 to " + maxTimeoutSeconds)
        .require(
            connectTimeoutSeconds == null
                || (connectTimeoutSeconds >= 1
                    && connectTimeoutSeconds <= MAX_CONNECT_TIMEOUT_SECONDS),
            "/connect_timeout_seconds",
            "is 1 to " + MAX_CONNECT_TIMEOUT_SECONDS)
        .require(
            tls == null || url.isEmpty() || "https".equals(url.get().getScheme()),
            "/tls",
            "is for an https base_url")
        .require(
            tls == null || isAuthorities(caPem),
            "/tls/ca_pem",
            "is needed: 1 to 20 certificates in PEM, at most 65536 characters, and nothing beside"
                + " them");
    return url.map(it ->
        new Reach(
            it,
            timeoutSeconds,
            connectTimeoutSeconds,
            caPem == null ? null : new ProviderSpec.Tls(caPem)));
  }

  private static boolean isAuthorities(@Nullable String pem) {
    try {
      return pem != null && !CaCertificates.parse(pem).isEmpty();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }
}
