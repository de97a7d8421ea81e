package io.redoubt.multinode.product;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Every secret that the tests handled, so that its traces can be looked for. */
public final class Secrets {
  private static final int SHORTEST = 20;

  /** What all of them are made of. */
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9._~+/=-]{" + SHORTEST + ",}");

  private final Set<String> known = ConcurrentHashMap.newKeySet();

  /** Notes one and hands it back. */
  public String note(String secret) {
    if (!WORD.matcher(secret).matches()) {
      throw new IllegalArgumentException("too short to be looked for, or of other characters");
    }
    known.add(secret);
    return secret;
  }

  /**
   * Those that stand in the text, shortened. They are thousands and the text is long, so only its
   * long words are searched, each of them once, and for how secrets begin.
   */
  public Set<String> foundIn(String text) {
    Map<String, List<String>> byStart =
        known.stream().collect(Collectors.groupingBy(it -> it.substring(0, SHORTEST)));
    var found = new TreeSet<String>();
    WORD.matcher(text)
        .results()
        .map(MatchResult::group)
        .distinct()
        .forEach(word -> {
          for (int at = 0; at + SHORTEST <= word.length(); at++) {
            String start = word.substring(at, at + SHORTEST);
            for (String secret : byStart.getOrDefault(start, List.of())) {
              if (word.startsWith(secret, at)) {
                found.add(secret.substring(0, 12) + "…");
              }
            }
          }
        });
    return found;
  }
}
