package io.redoubt.family;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.redoubt.family.TokenFamily.Examine;
import io.redoubt.family.TokenFamily.FamilyOpened;
import io.redoubt.family.TokenFamily.FamilyRevoked;
import io.redoubt.family.TokenFamily.Open;
import io.redoubt.family.TokenFamily.ReplayDetected;
import io.redoubt.family.TokenFamily.Rotate;
import io.redoubt.family.TokenFamily.Rotated;
import io.redoubt.family.TokenFamily.RotationRepeated;
import io.redoubt.family.TokenFamily.TokenRotated;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a family is, and the rules of G1 and G2. Stored as snapshots: the names are for ever. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "@type")
@JsonSubTypes({
  @JsonSubTypes.Type(TokenFamilyState.Unopened.class),
  @JsonSubTypes.Type(TokenFamilyState.Live.class),
  @JsonSubTypes.Type(TokenFamilyState.Revoked.class)
})
sealed interface TokenFamilyState {

  /** The state after the event. */
  TokenFamilyState apply(TokenFamily.Event event);

  /** Nobody has opened it, and perhaps nobody ever will. */
  @JsonTypeName("unopened")
  record Unopened() implements TokenFamilyState {
    @Override
    public TokenFamilyState apply(TokenFamily.Event event) {
      return switch (event) {
        case FamilyOpened e ->
            new Live(
                e.agent(), e.jkt(), e.first(), e.expiresAt(), 0, e.accessExpiresAt(), null, null);
        case TokenRotated _, RotationRepeated _, ReplayDetected _, FamilyRevoked _ -> this;
      };
    }
  }

  /**
   * One token stands.
   *
   * @param jkt thumbprint of the key it is bound to; null: none
   * @param current digest of the token that stands
   * @param expiresAt when that token expires
   * @param generation of that token
   * @param accessExpiresAt when the last access token of the family expires
   * @param last the rotation that made the current token; null: it is the first
   * @param spent the tokens before the current one, none of which may stand again; null: that of
   *     {@code last} alone, which is all that older releases kept
   */
  @JsonTypeName("live")
  record Live(
      AgentId agent,
      @Nullable String jkt,
      TokenDigest current,
      Instant expiresAt,
      long generation,
      Instant accessExpiresAt,
      @Nullable Rotation last,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable SpentTokens spent)
      implements TokenFamilyState {

    @Override
    public TokenFamilyState apply(TokenFamily.Event event) {
      return switch (event) {
        case TokenRotated e ->
            new Live(
                agent,
                jkt,
                e.next(),
                e.nextExpiresAt(),
                generation + 1,
                later(accessExpiresAt, e.accessExpiresAt()),
                new Rotation(current, e.committed(), e.jti(), e.accessExpiresAt(), e.at(), 0),
                remembered().and(current));
        case RotationRepeated _ ->
            new Live(
                agent,
                jkt,
                current,
                expiresAt,
                generation,
                accessExpiresAt,
                last == null ? null : last.repeatedOnceMore(),
                spent);
        case ReplayDetected _, FamilyRevoked _ -> new Revoked(agent, generation, accessExpiresAt);
        case FamilyOpened _ -> this;
      };
    }

    /** Whether this is the opening that made the family, and its token is still unused. */
    boolean standsAsOpenedBy(Open open) {
      return generation == 0
          && agent.equals(open.agent())
          && current.equals(open.first())
          && Objects.equals(jkt, open.jkt());
    }

    Judgement judge(Rotate rotate, Instant now) {
      return barred(rotate.agent(), rotate.jkt(), now)
          .orElseGet(() -> {
            if (current.equals(rotate.presented())) {
              return wasUsed(rotate.next()) ? Judgement.SUCCESSOR_NOT_FRESH : Judgement.SPEND;
            }
            return isRepeat(rotate, now) ? Judgement.REPEAT : Judgement.REPLAY;
          });
    }

    /**
     * The same where nothing is handed out. Whoever asks for the last rotation once more cannot get
     * it now, so neither how late nor how often they ask says anything about them.
     */
    Judgement judge(Examine examine, Instant now) {
      return barred(examine.agent(), examine.jkt(), now)
          .orElseGet(() -> {
            if (current.equals(examine.presented())) {
              return Judgement.SPEND;
            }
            var commitment = examine.commitment();
            return commitment != null && isLastAgain(examine.presented(), commitment)
                ? Judgement.REPEAT
                : Judgement.REPLAY;
          });
    }

    /** Before the token is looked at: without the key, it can be neither spent nor replayed. */
    private Optional<Judgement> barred(AgentId claimed, @Nullable String proved, Instant now) {
      if (!agent.equals(claimed)) {
        return Optional.of(Judgement.UNKNOWN);
      }
      if (jkt != null && !jkt.equals(proved)) {
        return Optional.of(Judgement.PROOF_INVALID);
      }
      return now.isBefore(expiresAt) ? Optional.empty() : Optional.of(Judgement.EXPIRED);
    }

    /** Answer to the rotation that made the current token. */
    Rotated rotated(boolean repeated) {
      var rotation = Objects.requireNonNull(last, "the first token was not rotated");
      return new Rotated(generation, rotation.jti(), rotation.accessExpiresAt(), jkt, repeated);
    }

    private boolean wasUsed(TokenDigest next) {
      return current.equals(next) || remembered().contains(next);
    }

    private SpentTokens remembered() {
      if (spent != null) {
        return spent;
      }
      return last == null ? SpentTokens.NONE : SpentTokens.NONE.and(last.spent());
    }

    private boolean isRepeat(Rotate rotate, Instant now) {
      return last != null
          && rotate.committed()
          && isLastAgain(rotate.presented(), rotate.next())
          && RepeatRule.allows(last.at(), last.repeats(), now);
    }

    /** That the successor is unused needs no look: it is the token that stands. */
    private boolean isLastAgain(TokenDigest presented, TokenDigest commitment) {
      return last != null
          && last.committed()
          && last.spent().equals(presented)
          && current.equals(commitment);
    }

    private static Instant later(Instant a, Instant b) {
      return a.isAfter(b) ? a : b;
    }
  }

  /** A spent token came back, or somebody ended it. Nothing stands, for ever. */
  @JsonTypeName("revoked")
  record Revoked(AgentId agent, long generation, Instant accessExpiresAt)
      implements TokenFamilyState {
    @Override
    public TokenFamilyState apply(TokenFamily.Event event) {
      return this;
    }
  }

  /**
   * The last rotation, as it must be answered again.
   *
   * @param spent digest of the token that it spent
   * @param repeats how often it was answered again
   */
  record Rotation(
      TokenDigest spent,
      boolean committed,
      String jti,
      Instant accessExpiresAt,
      Instant at,
      int repeats) {
    Rotation repeatedOnceMore() {
      return new Rotation(spent, committed, jti, accessExpiresAt, at, repeats + 1);
    }
  }

  /** What a presented token deserves. */
  enum Judgement {
    SPEND,
    REPEAT,
    REPLAY,
    UNKNOWN,
    PROOF_INVALID,
    EXPIRED,
    SUCCESSOR_NOT_FRESH
  }
}
