package io.redoubt.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.Spending;
import io.redoubt.testing.ManualClock;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Periods are those of the calendar in UTC, and a reservation stays in the one it was made in. */
class BooksTest {
  private static final Instant EVENING = Instant.parse("2026-11-29T23:59:59Z");
  private static final Instant NEXT_DAY = Instant.parse("2026-11-30T00:00:00Z");
  private static final Instant NEXT_MONTH = Instant.parse("2026-12-01T00:00:00Z");
  private static final LocalDate DAY = LocalDate.of(2026, 11, 29);

  private final ManualClock clock = new ManualClock();

  private static Books empty() {
    return Books.of(Tally.NOTHING, List.of(), EVENING);
  }

  private ActionId action() {
    return ActionId.next(clock);
  }

  private static Spend tokens(long tokens) {
    return new Spend(tokens, 0);
  }

  private static Budget daily(long tokens) {
    return new Budget(null, null, tokens, null);
  }

  private static Budget monthly(long tokens) {
    return new Budget(null, null, null, tokens);
  }

  @Test
  void whatIsKeptForOthersCountsAsSpentUntilItIsSettled() {
    var books = empty();
    var one = action();
    books.reserve(one, tokens(60), EVENING);

    assertThat(books.lacks(tokens(41), daily(100), EVENING))
        .contains(
            new Shortage(Shortage.Whose.AGENT, Limit.TOKENS_PER_DAY, 100, 0, 60, 41, NEXT_DAY));
    assertThat(books.lacks(tokens(40), daily(100), EVENING)).isEmpty();

    assertThat(books.settle(one, tokens(10))).isTrue();
    assertThat(books.settle(one, tokens(10))).isFalse();

    assertThat(books.lacks(tokens(90), daily(100), EVENING)).isEmpty();
    assertThat(books.lacks(tokens(91), daily(100), EVENING))
        .contains(
            new Shortage(Shortage.Whose.AGENT, Limit.TOKENS_PER_DAY, 100, 10, 0, 91, NEXT_DAY));
  }

  @Test
  void aNewDayBeginsAtMidnightAndTheMonthGoesOn() {
    var books = empty();
    books.settle(reserved(books, 60, EVENING), tokens(60));

    assertThat(books.lacks(tokens(100), daily(100), NEXT_DAY)).isEmpty();
    assertThat(books.lacks(tokens(41), monthly(100), NEXT_DAY))
        .contains(
            new Shortage(Shortage.Whose.AGENT, Limit.TOKENS_PER_MONTH, 100, 60, 0, 41, NEXT_MONTH));
    assertThat(books.lacks(tokens(100), monthly(100), NEXT_MONTH)).isEmpty();
  }

  @Test
  void whatWasKeptYesterdayIsChargedToYesterday() {
    var books = empty();
    var late = reserved(books, 60, EVENING);

    assertThat(books.spending(NEXT_DAY))
        .isEqualTo(new Spending(DAY.plusDays(1), Spend.ZERO, Spend.ZERO, Spend.ZERO, tokens(60)));

    books.settle(late, tokens(20));
    assertThat(books.spending(NEXT_DAY))
        .isEqualTo(new Spending(DAY.plusDays(1), Spend.ZERO, Spend.ZERO, tokens(20), Spend.ZERO));

    books.settle(reserved(books, 5, NEXT_DAY), tokens(5));
    assertThat(books.spending(NEXT_MONTH))
        .isEqualTo(
            new Spending(
                LocalDate.of(2026, 12, 1), Spend.ZERO, Spend.ZERO, Spend.ZERO, Spend.ZERO));
  }

  @Test
  void aClockThatGoesBackDoesNotBringYesterdayBack() {
    var books = empty();
    books.settle(reserved(books, 60, NEXT_DAY), tokens(60));

    assertThat(books.lacks(tokens(41), daily(100), EVENING)).isPresent();
    assertThat(books.reserve(action(), tokens(1), EVENING).day()).isEqualTo(DAY.plusDays(1));
  }

  @Test
  void ofSeveralLimitsTheOneThatLastsLongestIsNamed() {
    var both = new Budget(0L, 0L, null, null);

    assertThat(empty().lacks(new Spend(0, 1), both, EVENING))
        .contains(new Shortage(Shortage.Whose.AGENT, Limit.USD_PER_MONTH, 0, 0, 0, 1, NEXT_MONTH));
  }

  @Test
  void whatUsesMoreThanWasKeptIsChargedAllTheSame() {
    var books = empty();
    books.settle(reserved(books, 60, EVENING), tokens(500));

    assertThat(books.lacks(tokens(0), daily(100), EVENING))
        .contains(
            new Shortage(Shortage.Whose.AGENT, Limit.TOKENS_PER_DAY, 100, 500, 0, 0, NEXT_DAY));
  }

  @Test
  void sumsWithoutRoomAreTheMostThereIs() {
    var books = empty();
    books.settle(reserved(books, 1, EVENING), tokens(Long.MAX_VALUE));
    books.settle(reserved(books, 1, EVENING), tokens(Long.MAX_VALUE));

    assertThat(books.lacks(tokens(1), daily(Long.MAX_VALUE - 1), EVENING)).isPresent();
  }

  @Test
  void theSameActionIsKeptForOnce() {
    var books = empty();
    var action = action();

    var first = books.reserve(action, tokens(60), EVENING);

    assertThat(books.reserve(action, tokens(60), EVENING)).isEqualTo(first);
    assertThat(books.spending(EVENING).reservedToday()).isEqualTo(tokens(60));
  }

  @Test
  void booksAreOpenedWhereTheyWereClosed() {
    var books = empty();
    var yesterdays = reserved(books, 60, EVENING);
    books.settle(reserved(books, 30, EVENING), tokens(7));
    books.settle(reserved(books, 30, NEXT_DAY), tokens(11));
    var todays = reserved(books, 40, NEXT_DAY);
    var lost = reserved(books, 90, NEXT_DAY);
    var tally = books.tally();
    var later = action();

    var reopened =
        Books.of(
            tally,
            List.of(
                entry(yesterdays, 1, DAY, 60, null),
                entry(todays, 4, DAY.plusDays(1), 40, 13L),
                entry(later, 6, DAY.plusDays(1), 50, null)),
            NEXT_DAY);

    assertThat(tally.openActions()).containsExactly(yesterdays, todays, lost);
    assertThat(reopened.spending(NEXT_DAY))
        .isEqualTo(new Spending(DAY.plusDays(1), tokens(24), tokens(50), tokens(31), tokens(110)));
    assertThat(reopened.reserve(action(), tokens(1), NEXT_DAY).number()).isEqualTo(7);
  }

  private static Ledger.Entry entry(
      ActionId action, long number, LocalDate day, long tokens, @Nullable Long charged) {
    return new Ledger.Entry(
        action, new Reserved(number, day, tokens, 0), charged == null ? null : tokens(charged));
  }

  private ActionId reserved(Books books, long tokens, Instant now) {
    var action = action();
    books.reserve(action, tokens(tokens), now);
    return action;
  }

  @Test
  void aShortageSaysWhatThereIsInDollars() {
    var shortage =
        new Shortage(
            Shortage.Whose.AGENT,
            Limit.USD_PER_DAY,
            10_000_000,
            9_500_000,
            400_001,
            200_000,
            NEXT_DAY);

    assertThat(shortage.explained())
        .isEqualTo(
            "The agent's budget of 10 USD a day leaves no room: 9.5 USD spent, 0.400001 USD kept"
                + " for calls under way, and this one may take up to 0.2 USD; the next day begins"
                + " at 2026-11-30T00:00:00Z (UTC)");
  }
}
