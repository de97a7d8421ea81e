package io.redoubt.protocol.audit;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where an action enters. */
public enum Plane {
  /** A request to a model. */
  LLM,
  /** A tool call proposed inside a model's reply. */
  TOOL,
  MCP,
  CONNECTOR,
  NETWORK,
  /** A decision asked for by an outside enforcement point. */
  EXTERNAL,
  /** Bootstrap, rotation, replay and whatever else concerns an agent's identity. */
  IDENTITY,
  /** What becomes of requests for approval. */
  APPROVAL,
  /** Isolate, release, revoke, decommission. */
  LIFECYCLE,
  /** What operators change in the control plane, and which payloads they read at an enclave. */
  ADMIN;

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * What an action is about, as people and policies call it.
   *
   * @param within what the resource is in; null: nothing is known
   */
  public String target(@Nullable String within, String resource) {
    return within != null && (this == CONNECTOR || this == MCP)
        ? within + '/' + resource
        : resource;
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static Plane of(String wire) {
    return Arrays.stream(values())
        .filter(value -> value.wire().equals(wire))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
  }
}
