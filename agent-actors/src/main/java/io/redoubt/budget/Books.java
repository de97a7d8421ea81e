package io.redoubt.budget;

import io.redoubt.budget.OrganizationBudget.DayUse;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.Spending;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an agent has spent and what is kept for calls under way, by the days and months of UTC.
 * Confined to the agent's actor, so that of parallel calls each sees what is kept for the others.
 *
 * <p>A reservation belongs to the day on which it was made, whenever it is settled; a clock that is
 * a little behind the one before does not bring a day back.
 */
public final class Books {
  /** More calls under way than any agent has. */
  public static final int MOST_OPEN = 1_000;

  private record Held(Reserved reserved, Instant since) {}

  private final Map<ActionId, Held> open = new LinkedHashMap<>();
  private long number;
  private LocalDate day;
  private Spend today;
  private Spend month;
  private Spend heldToday = Spend.ZERO;
  private Spend heldThisMonth = Spend.ZERO;
  private @Nullable DayUse before;

  private Books(Tally tally) {
    number = tally.upTo();
    day = tally.day();
    today = tally.today();
    month = tally.month();
  }

  /**
   * The books as they stand.
   *
   * @param later everything in the log that the tally does not have or has as open
   */
  public static Books of(Tally tally, List<Ledger.Entry> later, Instant now) {
    var books = new Books(tally);
    later.stream()
        .sorted(Comparator.comparing(entry -> entry.reserved().day()))
        .forEach(entry -> books.recall(entry, now));
    books.turn(now);
    return books;
  }

  private void recall(Ledger.Entry entry, Instant now) {
    var reserved = entry.reserved();
    number = Math.max(number, reserved.number());
    turn(reserved.day());
    if (entry.charged() == null) {
      open.put(entry.action(), new Held(reserved, now));
      hold(reserved);
    } else {
      charge(reserved.day(), entry.charged());
    }
  }

  /** Why the budget does not allow it; empty: it does. */
  public Optional<Shortage> lacks(Spend wanted, Budget budget, Instant now) {
    turn(now);
    for (Limit limit : Limit.values()) {
      var allowed = limit.in(budget);
      if (allowed != null) {
        long spent = limit.of(limit.isOfMonth() ? month : today);
        long held = limit.of(limit.isOfMonth() ? heldThisMonth : heldToday);
        long asked = limit.of(wanted);
        if (Spend.sum(Spend.sum(spent, held), asked) > allowed) {
          return Optional.of(
              Shortage.ofAgent(limit, allowed, spent, held, asked, limit.resets(day)));
        }
      }
    }
    return Optional.empty();
  }

  /** Whether there are more calls under way than can be told apart. */
  public boolean areFull() {
    return open.size() >= MOST_OPEN;
  }

  /** Keeps that much; for the same action again it is kept once. */
  public Reserved reserve(ActionId action, Spend wanted, Instant now) {
    turn(now);
    var before = open.get(action);
    if (before != null) {
      return before.reserved();
    }
    number++;
    var reserved = new Reserved(number, day, wanted.tokens(), wanted.costMicros());
    open.put(action, new Held(reserved, now));
    hold(reserved);
    return reserved;
  }

  /**
   * Charges what was used in the place of what was kept. False: nothing is kept for it (any more).
   */
  public boolean settle(ActionId action, Spend charged) {
    var held = open.remove(action);
    if (held == null) {
      return false;
    }
    release(held.reserved());
    charge(held.reserved().day(), charged);
    if (before != null && before.day().equals(held.reserved().day())) {
      before = new DayUse(before.day(), before.used().minus(held.reserved().spend()).plus(charged));
    }
    return true;
  }

  /** Reservations that were made before then and are open. */
  public List<ActionId> openSince(Instant before) {
    return open.entrySet().stream()
        .filter(entry -> entry.getValue().since().isBefore(before))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Whether any reservation was made before then and is open. */
  public boolean isOpenSince(Instant before) {
    var oldest = oldest();
    return oldest != null && oldest.since().isBefore(before);
  }

  public boolean areAnyOpen(Collection<ActionId> actions) {
    return actions.stream().anyMatch(open::containsKey);
  }

  private @Nullable Held oldest() {
    return open.isEmpty() ? null : open.values().iterator().next();
  }

  /** What is used of the day, reservations included. */
  public DayUse use(Instant now) {
    turn(now);
    return new DayUse(day, today.plus(heldToday));
  }

  /** Of the last day before this one on which anything was used; null: none is known. */
  public @Nullable DayUse useBefore() {
    return before;
  }

  /** To be written down. */
  public Tally tally() {
    return new Tally(
        number,
        day,
        today,
        month,
        open.entrySet().stream()
            .map(entry -> new Tally.Open(entry.getKey(), entry.getValue().reserved()))
            .toList());
  }

  /** To be shown. */
  public Spending spending(Instant now) {
    turn(now);
    return new Spending(day, today, heldToday, month, heldThisMonth);
  }

  private void turn(Instant now) {
    turn(LocalDate.ofInstant(now, ZoneOffset.UTC));
  }

  private void turn(LocalDate to) {
    if (!to.isAfter(day)) {
      return;
    }
    var used = today.plus(heldToday);
    before = used.equals(Spend.ZERO) ? before : new DayUse(day, used);
    if (!isOfMonth(to)) {
      month = Spend.ZERO;
    }
    today = Spend.ZERO;
    day = to;
    heldToday = Spend.ZERO;
    heldThisMonth = Spend.ZERO;
    open.values().forEach(held -> hold(held.reserved()));
  }

  private void hold(Reserved reserved) {
    if (reserved.day().equals(day)) {
      heldToday = heldToday.plus(reserved.spend());
    }
    if (isOfMonth(reserved.day())) {
      heldThisMonth = heldThisMonth.plus(reserved.spend());
    }
  }

  private void release(Reserved reserved) {
    if (reserved.day().equals(day)) {
      heldToday = heldToday.minus(reserved.spend());
    }
    if (isOfMonth(reserved.day())) {
      heldThisMonth = heldThisMonth.minus(reserved.spend());
    }
  }

  private void charge(LocalDate of, Spend charged) {
    if (of.equals(day)) {
      today = today.plus(charged);
    }
    if (isOfMonth(of)) {
      month = month.plus(charged);
    }
  }

  private boolean isOfMonth(LocalDate other) {
    return YearMonth.from(other).equals(YearMonth.from(day));
  }
}
