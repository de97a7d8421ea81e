package io.redoubt.controlplane.iam;

import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.token.TokenDigest;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * With which secrets clients have logged in here before, as digests (G6), in bounded memory: the
 * client that did not for longest is forgotten first (G11). Tells who guesses from who does not
 * before anything is looked up, and proves nothing.
 */
final class ProvenSecrets {
  private final Map<ClientId, TokenDigest> secrets;

  /**
   * None yet.
   *
   * @param maxClients that are remembered
   */
  ProvenSecrets(int maxClients) {
    this.secrets =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<ClientId, TokenDigest> eldest) {
            return size() > maxClients;
          }
        };
  }

  synchronized boolean contains(ClientId client, TokenDigest secret) {
    return secret.equals(secrets.get(client));
  }

  synchronized void add(ClientId client, TokenDigest secret) {
    secrets.put(client, secret);
  }

  /** It is wrong by now. */
  synchronized void remove(ClientId client, TokenDigest secret) {
    secrets.remove(client, secret);
  }
}
