package io.redoubt.bench.load;

import java.util.Optional;

/** The head of a message, as it came. */
public record Head(String text) {
  /** The status of a reply. */
  public int status() {
    return Integer.parseInt(text, 9, 12, 10);
  }

  /** Whether a request's line begins so, such as {@code "POST /v1/messages "}. */
  public boolean asks(String methodAndPath) {
    return text.startsWith(methodAndPath);
  }

  /**
   * The first field of that name.
   *
   * @param name in lower case
   */
  public Optional<String> field(String name) {
    int line = text.indexOf('\n') + 1;
    while (line > 0 && line < text.length()) {
      int end = text.indexOf('\n', line);
      int colon = line + name.length();
      if (end > colon
          && text.charAt(colon) == ':'
          && text.regionMatches(true, line, name, 0, name.length())) {
        return Optional.of(text.substring(colon + 1, end).strip());
      }
      line = end + 1;
    }
    return Optional.empty();
  }
}
