package io.redoubt.protocol.secret;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * A secret on its way to whom it belongs: written as JSON, unlike a {@link Secret}, and printed as
 * {@code ***} all the same.
 */
public final class Disclosed {
  private final String value;

  private Disclosed(String value) {
    this.value = value;
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static Disclosed of(String value) {
    return new Disclosed(value);
  }

  @JsonValue
  public String reveal() {
    return value;
  }

  @Override
  public String toString() {
    return "***";
  }
}
