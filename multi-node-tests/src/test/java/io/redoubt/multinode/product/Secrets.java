package io.redoubt.multinode.product;

import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** Every secret that the tests handled, so that its traces can be looked for. */
public final class Secrets {
  private final Set<String> known = ConcurrentHashMap.newKeySet();

  /** Notes one and hands it back. */
  public String note(String secret) {
    if (secret.length() < 20) {
      throw new IllegalArgumentException("too short to be looked for");
    }
    known.add(secret);
    return secret;
  }

  /** Those that stand in the text, shortened. */
  public Set<String> foundIn(String text) {
    var found = new TreeSet<String>();
    for (String secret : known) {
      if (text.contains(secret)) {
        found.add(secret.substring(0, 12) + "…");
      }
    }
    return found;
  }
}
