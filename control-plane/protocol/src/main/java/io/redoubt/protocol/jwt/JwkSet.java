package io.redoubt.protocol.jwt;

import java.util.List;

/** A set of public keys (RFC 7517 §5). */
public record JwkSet(List<Jwk> keys) {
  public JwkSet {
    keys = List.copyOf(keys);
  }
}
