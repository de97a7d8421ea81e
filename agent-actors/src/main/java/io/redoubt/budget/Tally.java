package io.redoubt.budget;

import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.ActionId;
import java.time.LocalDate;
import java.util.List;

/**
 * Where an agent's books stood when they were last written down; what came later is in the log.
 * Stored, so the names are for ever.
 *
 * @param upTo the number of the last reservation that is in it
 * @param day in UTC
 * @param today charged for reservations of that day
 * @param month charged for those of its month, that day's included
 * @param open reservations up to that number that were not settled
 */
public record Tally(long upTo, LocalDate day, Spend today, Spend month, List<Open> open) {
  /** Before anything was spent. */
  public static final Tally NOTHING =
      new Tally(0, LocalDate.EPOCH, Spend.ZERO, Spend.ZERO, List.of());

  /** A reservation whose intent has no outcome. */
  public record Open(ActionId action, Reserved reserved) {}

  public Tally {
    open = List.copyOf(open);
  }

  public List<ActionId> openActions() {
    return open.stream().map(Open::action).toList();
  }
}
