package io.redoubt.enclave.agentapi;

import io.redoubt.protocol.id.AuditId;
import java.time.InstantSource;

/** Ids of access tokens: unique, ordered by time, and secret to nobody. */
final class TokenIds {
  private TokenIds() {}

  static String next(InstantSource clock) {
    return "jti_" + AuditId.next(clock).toString().substring("aud_".length());
  }
}
