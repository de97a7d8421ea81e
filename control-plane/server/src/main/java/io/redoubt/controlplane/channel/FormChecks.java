package io.redoubt.controlplane.channel;

import io.redoubt.protocol.secret.Disclosed;
import io.redoubt.protocol.secret.Secret;
import java.net.URI;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the forms of channels have in common. */
final class FormChecks {
  static final String SECRET_FORM = "is needed: 16 to 500 visible characters";
  static final String URL_FORM = "is an https URL without credentials, query or fragment";

  /** What fits in one header line, and is worth calling a secret. */
  private static final Pattern SECRET = Pattern.compile("[\\x21-\\x7e]{16,500}");

  private FormChecks() {}

  static boolean is(Pattern form, @Nullable String value) {
    return value != null && form.matcher(value).matches();
  }

  static boolean isSecret(@Nullable Secret secret) {
    return secret != null && SECRET.matcher(secret.reveal()).matches();
  }

  /** One that was checked. */
  static Disclosed disclosed(@Nullable Secret secret) {
    return Disclosed.of(Objects.requireNonNull(secret, "checked before").reveal());
  }

  /** So that names resolve below it. */
  static URI withSlash(URI url) {
    return url.toString().endsWith("/") ? url : URI.create(url + "/");
  }
}
