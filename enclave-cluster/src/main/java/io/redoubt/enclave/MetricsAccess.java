package io.redoubt.enclave;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Who may read {@code /metrics} of the management server. */
public enum MetricsAccess {
  /** This machine, where the server is bound to a loopback address; elsewhere as the next. */
  LOCAL,
  /** Operators of the whole installation. */
  OPERATOR,
  /** Whoever reaches the server. */
  ANYBODY;

  /** The operators' permission: metrics speak of all organizations, as the control plane's do. */
  static final String PERMISSION = "organizations:manage";

  static MetricsAccess parse(String text) {
    return Arrays.stream(values())
        .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "redoubt.enclave.servers.metrics-access must be one of "
                    + Arrays.stream(values())
                        .map(value -> value.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", "))));
  }

  boolean needsOperator(boolean onLoopback) {
    return switch (this) {
      case LOCAL -> !onLoopback;
      case OPERATOR -> true;
      case ANYBODY -> false;
    };
  }
}
