package io.redoubt.controlplane.channel;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call that somebody made to the control plane as the server of a chat, as it came.
 *
 * @param headers of those that prove something, by their names in lower case, which came once
 * @param stranger hears that it was made up. Not so a call for an app that nobody here has: the
 *     real server sends that, from its own addresses, for whoever gives it ours
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Knock(Map<String, String> headers, byte[] body, String traceId, Runnable stranger) {
  public Knock {
    headers = Map.copyOf(headers);
  }

  @Nullable String header(String name) {
    return headers.get(name);
  }
}
