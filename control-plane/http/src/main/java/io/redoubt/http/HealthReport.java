package io.redoubt.http;

import java.util.Map;

/**
 * Whether a server can do its work, and what that rests on.
 *
 * @param detail one entry per part; no secrets, since everybody may ask
 */
public record HealthReport(boolean ready, Map<String, Object> detail) {
  public HealthReport {
    detail = Map.copyOf(detail);
  }
}
