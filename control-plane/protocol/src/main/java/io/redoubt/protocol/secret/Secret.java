package io.redoubt.protocol.secret;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** A value that prints as {@code ***}, compares in constant time and is never written as JSON. */
public final class Secret {
  private final String value;

  private Secret(String value) {
    this.value = value;
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static Secret of(String value) {
    return new Secret(value);
  }

  public String reveal() {
    return value;
  }

  /** For Jackson, which else would find its way to the value, with some settings. */
  @JsonValue
  @SuppressWarnings("DoNotCallSuggester") // Jackson calls it
  String refuseToBeWritten() {
    throw new UnsupportedOperationException("a secret is not written");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Secret that
        && MessageDigest.isEqual(
            value.getBytes(StandardCharsets.UTF_8), that.value.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public int hashCode() {
    return 0;
  }

  @Override
  public String toString() {
    return "***";
  }
}
