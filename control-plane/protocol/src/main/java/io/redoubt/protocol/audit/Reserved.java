package io.redoubt.protocol.audit;

import java.time.LocalDate;

/**
 * What an intent keeps of its agent's budget until its outcome says what was used.
 *
 * @param number counts the agent's reservations; each is used once
 * @param day in UTC, whose budget and whose month's it is taken from, whenever it is settled
 */
public record Reserved(long number, LocalDate day, long tokens, long costMicros) {

  public Spend spend() {
    return new Spend(tokens, costMicros);
  }

  /**
   * What the budget is charged for an intent that ended so: what its outcome says, nothing where
   * nothing was done, and all of it where nobody can know.
   */
  public Spend charge(Outcome outcome) {
    if (outcome.charged() != null) {
      return outcome.charged();
    }
    return outcome.status() == Outcome.Status.REFUSED ? Spend.ZERO : spend();
  }
}
