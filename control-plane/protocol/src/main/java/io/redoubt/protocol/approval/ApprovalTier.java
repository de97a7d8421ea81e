package io.redoubt.protocol.approval;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One step of a workflow: who is asked, and for how long.
 *
 * @param kind who decides
 * @param approvers members and clients by their identifiers, and {@value #OWNER} for the agent's
 *     owner; empty: whoever may decide approvals
 * @param quorum how many have to approve
 * @param timeoutSeconds how long they are asked
 * @param onTimeout what follows where they have not decided by then
 * @param veto whether one denial denies; otherwise as many as it takes to approve
 * @param excludeOwner whether the agent's own owner has no vote
 */
@JsonPropertyOrder({
  "kind",
  "approvers",
  "quorum",
  "timeout_seconds",
  "on_timeout",
  "veto",
  "exclude_owner"
})
public record ApprovalTier(
    Kind kind,
    List<String> approvers,
    int quorum,
    int timeoutSeconds,
    OnTimeout onTimeout,
    boolean veto,
    boolean excludeOwner) {
  /** Stands for the agent's owner among the approvers. */
  public static final String OWNER = "owner";

  public static final int MAX_APPROVERS = 100;
  public static final int MAX_QUORUM = 10;
  public static final int MAX_TIMEOUT_SECONDS = 7 * 24 * 3600;
  private static final int MAX_NAME = 100;

  /** Who decides. */
  public enum Kind {
    HUMAN,
    /** A model. No release knows how to ask one yet. */
    LLM_JUDGE;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Kind of(String wire) {
      return Arrays.stream(values())
          .filter(value -> value.wire().equals(wire))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
    }
  }

  /** What the end of a tier's time means. There is no value that grants. */
  public enum OnTimeout {
    NEXT,
    DENY;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static OnTimeout of(String wire) {
      return Arrays.stream(values())
          .filter(value -> value.wire().equals(wire))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
    }
  }

  public ApprovalTier {
    check(kind != null && onTimeout != null, "a tier without a kind or an end");
    check(kind != Kind.LLM_JUDGE, "tiers of kind llm_judge cannot be asked yet");
    approvers = approvers.stream().distinct().toList();
    check(
        approvers.size() <= MAX_APPROVERS
            && approvers.stream().noneMatch(it -> it.isBlank() || it.length() > MAX_NAME),
        "approvers that are too many or too long");
    check(quorum >= 1 && quorum <= MAX_QUORUM, "a quorum is from 1 to " + MAX_QUORUM);
    check(
        approvers.isEmpty() || quorum <= approvers.size(), "a quorum that its approvers never are");
    check(
        timeoutSeconds >= 1 && timeoutSeconds <= MAX_TIMEOUT_SECONDS,
        "a time limit is from 1 second to 7 days");
  }

  /**
   * Whether that person has a vote.
   *
   * @param owner of the agent that asks; null: nobody
   */
  public boolean asks(String person, @Nullable String owner) {
    boolean own = person.equals(owner);
    if (excludeOwner && own) {
      return false;
    }
    return approvers.isEmpty() || approvers.contains(person) || (own && approvers.contains(OWNER));
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
