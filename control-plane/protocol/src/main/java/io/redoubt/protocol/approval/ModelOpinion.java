package io.redoubt.protocol.approval;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.text.PlainText;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a model said to a request for approval, if anything. Never a person's word: its name says
 * so, and no member or client can have one like it.
 *
 * @param by the model
 * @param said null: nothing that could be understood, or nothing at all
 * @param confidence its own, 0 to 100
 * @param reason in its own words, or, where it said nothing, why; at most {@value #MAX_REASON}
 *     characters, in one line
 */
public record ModelOpinion(String by, @Nullable Said said, int confidence, String reason) {
  public static final int MAX_REASON = 500;

  /** How models are told from people. */
  private static final String PREFIX = "model:";

  /** Its answer. */
  public enum Said {
    APPROVE,
    DENY,
    UNSURE;

    /** The same as a decision; empty: it is none. */
    public Optional<Decision> decision() {
      return switch (this) {
        case APPROVE -> Optional.of(Decision.APPROVE);
        case DENY -> Optional.of(Decision.DENY);
        case UNSURE -> Optional.empty();
      };
    }

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Said of(String wire) {
      return Arrays.stream(values())
          .filter(value -> value.wire().equals(wire))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
    }
  }

  public ModelOpinion {
    if (!isModel(by)) {
      throw new IllegalArgumentException("a model is named as one");
    }
    if (confidence < 0 || confidence > ApprovalTier.MAX_CONFIDENCE) {
      throw new IllegalArgumentException("a confidence is from 0 to 100");
    }
    reason = inOneLine(reason);
  }

  /** Nothing was said. */
  public static ModelOpinion none(String by, String why) {
    return new ModelOpinion(by, null, 0, why);
  }

  /** What the model is called wherever it is shown. */
  public static String name(String provider, String model) {
    return PREFIX + provider + '/' + model;
  }

  public static boolean isModel(String name) {
    return name.startsWith(PREFIX);
  }

  /** What a model writes must not look like the next line of what it stands in. */
  private static String inOneLine(String text) {
    var line = new StringBuilder();
    text.codePoints()
        .limit(MAX_REASON)
        .map(c -> PlainText.isVisible(c) ? c : ' ')
        .takeWhile(c -> line.length() + Character.charCount(c) <= MAX_REASON)
        .forEach(line::appendCodePoint);
    return line.toString();
  }
}
