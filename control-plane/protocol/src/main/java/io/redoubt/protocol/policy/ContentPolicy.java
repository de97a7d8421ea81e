package io.redoubt.protocol.policy;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.redoubt.protocol.link.ModelAccess;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one layer wants done about findings, what it looks for beside everything built in, and which
 * models it allows.
 *
 * @param rules one for each subject and direction at most
 * @param models beside what other layers say: a model must be allowed by all of them
 */
@JsonPropertyOrder({"rules", "patterns", "models"})
public record ContentPolicy(List<Rule> rules, List<CustomPattern> patterns, ModelAccess models) {
  /** Most rules of one layer. */
  public static final int MAX_RULES = 200;

  /** Most patterns of one layer. */
  public static final int MAX_PATTERNS = 50;

  /** Longest name of a detector or a category. */
  public static final int MAX_SUBJECT = 48;

  /** Most patterns of models in each list. */
  public static final int MAX_MODELS = 100;

  /** Says nothing. */
  public static final ContentPolicy EMPTY = new ContentPolicy(null, null, null);

  public ContentPolicy(
      @Nullable List<Rule> rules,
      @Nullable List<CustomPattern> patterns,
      @Nullable ModelAccess models) {
    this.rules = rules == null ? List.of() : List.copyOf(rules);
    this.patterns = patterns == null ? List.of() : List.copyOf(patterns);
    this.models = models == null ? ModelAccess.ANY : models;
  }

  /** One that says nothing of models. */
  public ContentPolicy(List<Rule> rules, List<CustomPattern> patterns) {
    this(rules, patterns, ModelAccess.ANY);
  }

  /** Who speaks, from the one nobody overrules. */
  public enum Layer {
    @JsonProperty("platform")
    PLATFORM,
    @JsonProperty("organization")
    ORGANIZATION,
    @JsonProperty("agent")
    AGENT
  }

  /** Which way a text goes. */
  public enum Direction {
    /** To a model. */
    @JsonProperty("request")
    REQUEST,
    /** From a model; the arguments of tool calls are not meant. */
    @JsonProperty("reply")
    REPLY,
    /** In the arguments of a call. */
    @JsonProperty("arguments")
    ARGUMENTS
  }

  /**
   * What is done about one kind of finding.
   *
   * @param subject a detector such as {@code email}, or a category such as {@code pii}; what is
   *     said of a detector goes before what is said of its category
   * @param in which way, each once
   * @param floor whether no layer below may want anything milder
   */
  @JsonPropertyOrder({"subject", "in", "action", "floor"})
  public record Rule(String subject, List<Direction> in, ContentAction action, boolean floor) {
    public Rule {
      in = in.stream().distinct().sorted().toList();
      if (subject.length() > MAX_SUBJECT) {
        throw new IllegalArgumentException("no detector and no category has so long a name");
      }
    }

    public Rule(String subject, Collection<Direction> in, ContentAction action, boolean floor) {
      this(subject, List.copyOf(in), action, floor);
    }
  }
}
