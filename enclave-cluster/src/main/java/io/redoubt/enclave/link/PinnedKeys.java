package io.redoubt.enclave.link;

import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.Jwk;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.VerificationKey;
import io.redoubt.protocol.policy.Bundle;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The keys whose word is a command here. Pinned at the first hello; from then on a new set is
 * believed only where a key that is trusted already has signed it.
 */
final class PinnedKeys {
  private static final int MAX_TOKEN = 1024 * 1024;

  private final JwkSet set;
  private final Map<String, VerificationKey> byId = new HashMap<>();

  /**
   * Pins a set.
   *
   * @throws IllegalArgumentException if it is empty or holds what is no P-256 key
   */
  PinnedKeys(JwkSet set) {
    this.set = set;
    if (set.keys().isEmpty()) {
      throw new IllegalArgumentException("no key to trust");
    }
    for (Jwk key : set.keys()) {
      byId.put(key.kid(), VerificationKey.of(key));
    }
  }

  JwkSet set() {
    return set;
  }

  /** The payload of a token that one of the keys has signed; empty for anything else. */
  Optional<byte[]> verified(String token) {
    return Jws.parse(Jws.Type.LINK_COMMAND, token, MAX_TOKEN).flatMap(this::payload);
  }

  /** The payload of a policy bundle that one of the keys has signed. */
  Optional<byte[]> verifiedBundle(String signed) {
    return Bundle.parse(signed).flatMap(this::payload);
  }

  private Optional<byte[]> payload(Jws jws) {
    return Optional.ofNullable(byId.get(jws.kid())).flatMap(jws::payloadIfSignedBy);
  }

  /**
   * The keys after a hello: these, or the offered ones.
   *
   * @param signatures JWS over the offered set, of which one is to be by a key trusted here
   * @return empty where the offer is not to be believed
   */
  Optional<PinnedKeys> succeededBy(JwkSet offered, List<String> signatures) {
    if (new HashSet<>(offered.keys()).equals(new HashSet<>(set.keys()))) {
      return Optional.of(this);
    }
    return signatures.stream()
        .map(this::verified)
        .flatMap(Optional::stream)
        .map(PinnedKeys::readSet)
        .flatMap(Optional::stream)
        .filter(signed -> new HashSet<>(signed.keys()).equals(new HashSet<>(offered.keys())))
        .findFirst()
        .map(PinnedKeys::new);
  }

  private static Optional<JwkSet> readSet(byte[] payload) {
    try {
      JwkSet read = Json.LENIENT.readValue(payload, JwkSet.class);
      return Optional.ofNullable(read);
    } catch (IOException | NullPointerException _) {
      return Optional.empty();
    }
  }
}
