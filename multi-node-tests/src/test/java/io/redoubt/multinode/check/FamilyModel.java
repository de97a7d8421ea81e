package io.redoubt.multinode.check;

import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.history.Timed;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rules of G1 and G2 for one family, written down once more and independently. */
final class FamilyModel implements Model<FamilyModel.Family, Rotation> {
  /** How long an identical committed request counts as a repeat; the product's clock may differ. */
  private static final long WINDOW = Duration.ofSeconds(60).toNanos();

  private static final long CLOCKS = Duration.ofSeconds(2).toNanos();
  private static final int REPEATS = 3;

  private final String first;

  FamilyModel(String first) {
    this.first = first;
  }

  /**
   * A family.
   *
   * @param current the token that stands; null: the family is dead
   * @param last the rotation that made it; null: it is the first
   */
  record Family(@Nullable String current, @Nullable Last last) {}

  /**
   * The last rotation.
   *
   * @param accessId null: no client has heard it
   */
  record Last(
      String spent,
      boolean committed,
      @Nullable String accessId,
      int repeats,
      long earliest,
      long latest) {
    Last repeated(@Nullable String heard) {
      return new Last(
          spent, committed, heard == null ? accessId : heard, repeats + 1, earliest, latest);
    }
  }

  private static final Family DEAD = new Family(null, null);

  @Override
  public Family initial() {
    return new Family(first, null);
  }

  @Override
  public Optional<Family> apply(Family family, Rotation call) {
    return switch (call.answer()) {
      case Rotation.Granted granted -> granted(family, call, granted);
      case Rotation.Replayed _ ->
          family.current() == null || isCurrent(family, call) || mustRepeat(family, call)
              ? Optional.empty()
              : Optional.of(DEAD);
      case Rotation.Refused _ -> family.current() == null ? Optional.of(DEAD) : Optional.empty();
      case Rotation.NotSpent _ -> Optional.of(family);
      case Rotation.Maybe _ -> Optional.of(taken(family, call));
    };
  }

  @Override
  public boolean isFinal(Family family) {
    return family.current() == null;
  }

  private record Kind(String presented, @Nullable String committed) {}

  /**
   * When it began matters only where a window of repeats ends: the earlier one may still repeat,
   * and leaves less to be owed.
   */
  @Override
  public Object kind(Rotation call) {
    return new Kind(call.presented(), call.committed());
  }

  private static Optional<Family> granted(Family family, Rotation call, Rotation.Granted granted) {
    boolean own = call.committed() == null || call.committed().equals(granted.successor());
    if (family.current() == null || !own) {
      return Optional.empty();
    }
    if (isCurrent(family, call)) {
      return granted.successor().equals(family.current())
          ? Optional.empty()
          : Optional.of(rotated(call, granted.successor(), granted.accessId()));
    }
    Last last = family.last();
    boolean sameIdentity =
        last != null
            && (last.accessId() == null || last.accessId().equals(granted.accessId()))
            && granted.successor().equals(family.current());
    return last != null && sameIdentity && mayRepeat(family, call)
        ? Optional.of(new Family(family.current(), last.repeated(granted.accessId())))
        : Optional.empty();
  }

  /** What a call did whose answer is lost. The successor's name is then nobody's to know. */
  private static Family taken(Family family, Rotation call) {
    if (family.current() == null) {
      return DEAD;
    }
    if (isCurrent(family, call)) {
      String next =
          call.committed() == null ? "unheard after " + call.presented() : call.committed();
      return rotated(call, next, null);
    }
    Last last = family.last();
    return last != null && mayRepeat(family, call)
        ? new Family(family.current(), last.repeated(null))
        : DEAD;
  }

  private static Family rotated(Rotation call, String successor, @Nullable String accessId) {
    return new Family(
        successor,
        new Last(
            call.presented(), call.committed() != null, accessId, 0, call.started(), call.ended()));
  }

  private static boolean isCurrent(Family family, Rotation call) {
    return call.presented().equals(family.current());
  }

  private static boolean isRepeat(Family family, Rotation call) {
    Last last = family.last();
    return last != null
        && last.committed()
        && last.repeats() < REPEATS
        && call.presented().equals(last.spent())
        && Objects.equals(call.committed(), family.current());
  }

  /** Whether the same outcome may be given again. */
  private static boolean mayRepeat(Family family, Rotation call) {
    Last last = family.last();
    return last != null
        && isRepeat(family, call)
        && (last.latest() == Timed.NEVER || call.started() - last.latest() <= WINDOW + CLOCKS);
  }

  /** Whether the same outcome is owed: an honest client that lost an answer must not die. */
  private static boolean mustRepeat(Family family, Rotation call) {
    Last last = family.last();
    return last != null
        && isRepeat(family, call)
        && call.ended() - last.earliest() <= WINDOW - CLOCKS;
  }
}
