package io.redoubt.controlplane.connector;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.upstream.UpstreamChecks;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.secret.Secret;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A connector's secret and how it is presented, as a caller says it. */
record CredentialForm(@Nullable String header, @Nullable String scheme, @Nullable Secret secret) {
  /** A token (RFC 9110 §5.6.2), as names of fields and of schemes are. */
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}");

  /** What says how a message is to be read, or is written by the enclave itself. */
  private static final Set<String> NOT_TO_BE_SET =
      Set.of(
          "host",
          "content-length",
          "content-type",
          "transfer-encoding",
          "connection",
          "upgrade",
          "te",
          "trailer",
          "expect",
          "accept-encoding",
          "keep-alive",
          "proxy-connection",
          "traceparent",
          "tracestate");

  void check(Checks checks) {
    checks
        .require(
            header != null && TOKEN.matcher(header).matches(),
            "/credential/header",
            "is needed: the name of a header line, at most 64 characters")
        .require(
            header == null || !NOT_TO_BE_SET.contains(header.toLowerCase(Locale.ROOT)),
            "/credential/header",
            "is a line that a credential cannot be in")
        .require(
            scheme == null || TOKEN.matcher(scheme).matches(),
            "/credential/scheme",
            "is one word such as Bearer, at most 64 characters");
    UpstreamChecks.secret(checks, "/credential/secret", secret);
  }

  /** What was checked, without the secret. */
  ConnectorSpec.Credential credential() {
    return new ConnectorSpec.Credential(
        Objects.requireNonNull(header, "checked before").toLowerCase(Locale.ROOT), scheme);
  }
}
