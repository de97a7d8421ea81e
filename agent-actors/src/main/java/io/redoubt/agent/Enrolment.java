package io.redoubt.agent;

import io.redoubt.agent.Agent.Bootstrap;
import io.redoubt.agent.Agent.BootstrapBurned;
import io.redoubt.family.RepeatRule;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The bootstrap tokens of an agent: the one on offer, the last one burned, and those before.
 *
 * @param offer may be burned; null: none
 * @param burn may be repeated (G2); null: nothing to repeat
 * @param retired burned or replaced, oldest first: offered again, they stay dead
 */
record Enrolment(@Nullable Offer offer, @Nullable Burn burn, List<Retired> retired) {
  static final int RETIRED_LIMIT = 32;
  static final Enrolment NONE = new Enrolment(null, null, List.of());

  /** A token on offer. */
  record Offer(TokenDigest token, Instant expiresAt) {}

  /**
   * How a token was burned.
   *
   * @param repeats how often it was answered again
   */
  record Burn(
      TokenDigest token,
      @Nullable TokenDigest commitment,
      TokenDigest first,
      String jti,
      Instant accessExpiresAt,
      @Nullable String jkt,
      Instant at,
      int repeats) {
    Burn repeatedOnceMore() {
      return new Burn(token, commitment, first, jti, accessExpiresAt, jkt, at, repeats + 1);
    }

    boolean isRepeatedBy(Bootstrap request, Instant now) {
      return commitment != null
          && token.equals(request.presented())
          && commitment.equals(request.commitment())
          && Objects.equals(jkt, request.jkt())
          && RepeatRule.allows(at, repeats, now);
    }
  }

  /** A token that is good for nothing any more. */
  record Retired(TokenDigest token, boolean used) {}

  /** What a presented token is. */
  enum Presented {
    /** The one on offer. */
    FRESH,
    /** The same committed request again. */
    REPEAT,
    USED,
    UNKNOWN
  }

  Enrolment {
    retired = List.copyOf(retired);
  }

  Presented presented(Bootstrap request, Instant now) {
    var token = request.presented();
    if (offer != null && offer.token().equals(token)) {
      return now.isBefore(offer.expiresAt()) ? Presented.FRESH : Presented.UNKNOWN;
    }
    if (burn != null && burn.isRepeatedBy(request, now)) {
      return Presented.REPEAT;
    }
    return retired.stream().anyMatch(each -> each.used() && each.token().equals(token))
        ? Presented.USED
        : Presented.UNKNOWN;
  }

  /** When a token was last burned, as far as it is remembered. */
  @Nullable Instant burnedAt() {
    return burn == null ? null : burn.at();
  }

  /** Whether the token is or was on offer. */
  boolean knows(TokenDigest token) {
    return (offer != null && offer.token().equals(token))
        || retired.stream().anyMatch(each -> each.token().equals(token));
  }

  Enrolment offering(TokenDigest token, Instant expiresAt) {
    return new Enrolment(
        new Offer(token, expiresAt),
        burn,
        offer == null ? retired : retiring(offer.token(), false));
  }

  Enrolment burned(BootstrapBurned event) {
    return new Enrolment(
        null,
        new Burn(
            event.token(),
            event.commitment(),
            event.first(),
            event.jti(),
            event.accessExpiresAt(),
            event.jkt(),
            event.at(),
            0),
        retiring(event.token(), true));
  }

  Enrolment repeated() {
    return new Enrolment(offer, burn == null ? null : burn.repeatedOnceMore(), retired);
  }

  /** The family of the last burn is dead: nothing is repeated for it. */
  Enrolment ended() {
    return new Enrolment(offer, null, retired);
  }

  private List<Retired> retiring(TokenDigest token, boolean used) {
    return Bounded.newest(
        Stream.concat(retired.stream(), Stream.of(new Retired(token, used))).toList(),
        RETIRED_LIMIT);
  }
}
