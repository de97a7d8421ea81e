package io.redoubt.protocol.policy;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What is done about a finding, from the mildest to the strictest. */
public enum ContentAction {
  /** It passes and is recorded. */
  @JsonProperty("allow")
  ALLOW,
  /** It passes, and somebody is told. */
  @JsonProperty("alert")
  ALERT,
  /** What was found is replaced, the rest passes. */
  @JsonProperty("redact")
  REDACT,
  /** It waits until somebody has approved it. */
  @JsonProperty("require_approval")
  REQUIRE_APPROVAL,
  /** It does not pass. */
  @JsonProperty("block")
  BLOCK;

  public ContentAction orStricter(ContentAction other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
