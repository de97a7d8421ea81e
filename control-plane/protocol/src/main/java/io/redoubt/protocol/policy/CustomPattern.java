package io.redoubt.protocol.policy;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/** What an organization looks for itself, as it is written down. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = CustomPattern.Expression.class, name = "regex"),
  @JsonSubTypes.Type(value = CustomPattern.Words.class, name = "words")
})
public sealed interface CustomPattern {
  /** Names the detector: lower-case letters, digits and dashes. */
  String name();

  /** A regular expression, without anything that needs backtracking. */
  record Expression(String name, String regex, boolean ignoreCase) implements CustomPattern {}

  /**
   * A list of words or phrases.
   *
   * @param wholeWords whether letters and digits directly beside them make them something else
   */
  record Words(String name, List<String> words, boolean ignoreCase, boolean wholeWords)
      implements CustomPattern {
    public Words {
      words = List.copyOf(words);
    }
  }
}
