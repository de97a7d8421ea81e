package io.redoubt.proxy.authenticate;

import io.redoubt.agent.AgentKey;
import io.redoubt.protocol.jwt.AccessClaims;
import java.net.InetAddress;

/** An agent that proved who it is, and where it called from. */
public record AuthenticatedAgent(AccessClaims claims, InetAddress source)
    implements Authentication {

  public AgentKey key() {
    return new AgentKey(claims.organization(), claims.agent());
  }
}
