package io.redoubt.enclave.agentapi;

import io.redoubt.agent.AgentKey;
import io.redoubt.family.FamilyKey;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.TokenDigest;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A bootstrap or rotation as it was asked for.
 *
 * @param commitment digest of the successor that the client made itself (G2); null: the enclave
 *     makes it
 * @param jkt thumbprint of the key proved with this request; null: none
 */
record TokenRequest(
    AgentToken presented,
    AgentKey agent,
    FamilyKey family,
    @Nullable TokenDigest commitment,
    @Nullable String jkt,
    InetAddress source,
    String traceId) {

  static TokenRequest of(
      AgentToken presented,
      @Nullable TokenDigest commitment,
      @Nullable String jkt,
      InetAddress source,
      String traceId) {
    var handle = presented.handle();
    return new TokenRequest(
        presented,
        new AgentKey(handle.organization(), handle.agent()),
        FamilyKey.of(handle),
        commitment,
        jkt,
        source,
        traceId);
  }
}
