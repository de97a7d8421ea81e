package io.redoubt.protocol.policy;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import java.util.List;

/** What an organization looks for itself, as it is written down. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(CustomPattern.Expression.class),
  @JsonSubTypes.Type(CustomPattern.Words.class)
})
public sealed interface CustomPattern {
  /** Names the detector: lower-case letters, digits and dashes. */
  String name();

  /** A regular expression, without anything that needs backtracking. */
  @JsonTypeName("regex")
  record Expression(String name, String regex, boolean ignoreCase) implements CustomPattern {}

  /**
   * A list of words or phrases.
   *
   * @param wholeWords whether letters and digits directly beside them make them something else
   */
  @JsonTypeName("words")
  record Words(String name, List<String> words, boolean ignoreCase, boolean wholeWords)
      implements CustomPattern {
    public Words {
      words = List.copyOf(words);
    }
  }
}
