package io.redoubt.protocol.link;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A chat whose server calls back: at an enclave, which hands the call on as it came, or at the
 * control plane, which alone believes any of it. In both places the path is {@code
 * /v1/callbacks/…}.
 */
public enum ChatCallback {
  SLACK,
  TEAMS;

  private static final String AUTHORIZATION = "authorization";

  /** The chat's name, as the path ends. */
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Empty for a chat that is none of these. */
  public static Optional<ChatCallback> of(String wire) {
    return Arrays.stream(values()).filter(it -> it.wire().equals(wire)).findFirst();
  }

  /** Of its bodies, in UTF-8. */
  public String mediaType() {
    return switch (this) {
      case SLACK -> "application/x-www-form-urlencoded";
      case TEAMS -> "application/json";
    };
  }

  /** Headers, in lower case, without which nothing is proven. */
  public List<String> proofs() {
    return switch (this) {
      case SLACK -> List.of("x-slack-request-timestamp", "x-slack-signature");
      case TEAMS -> List.of(AUTHORIZATION);
    };
  }

  /**
   * The header that an enclave hands a proof on in: its own credential is in {@code Authorization}.
   */
  public static String passedOn(String proof) {
    return proof.equals(AUTHORIZATION) ? "x-redoubt-callback-authorization" : proof;
  }
}
