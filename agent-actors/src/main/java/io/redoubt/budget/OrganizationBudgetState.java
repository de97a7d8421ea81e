package io.redoubt.budget;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.redoubt.budget.OrganizationBudget.DayUse;
import io.redoubt.budget.OrganizationBudget.Held;
import io.redoubt.budget.OrganizationBudget.Turn;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.link.Budget;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What agents hold of an organization's budget. Stored as snapshots: the names are for ever. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "@type")
@JsonSubTypes({@JsonSubTypes.Type(OrganizationBudgetState.Handed.class)})
sealed interface OrganizationBudgetState {

  /** The state after the event. */
  OrganizationBudgetState apply(OrganizationBudget.Event event);

  /** What an agent holds for the last day that it asked for. */
  record Holding(AgentId agent, Turn turn, LocalDate day, Spend amount) {}

  /**
   * What is handed out.
   *
   * @param day the last one that anybody asked for
   * @param earlier used in its month by holdings that others have replaced since
   * @param holdings of that month
   */
  @JsonTypeName("handed")
  record Handed(LocalDate day, Spend earlier, List<Holding> holdings)
      implements OrganizationBudgetState {
    static final Handed NOTHING = new Handed(LocalDate.EPOCH, Spend.ZERO, List.of());

    /** A tranche is this part of a limit. */
    private static final long TRANCHES = 50;

    /** The last part of a limit is handed out only as it is needed. */
    private static final long SCARCE = 4;

    public Handed {
      holdings = List.copyOf(holdings);
    }

    @Override
    public OrganizationBudgetState apply(OrganizationBudget.Event event) {
      return switch (event) {
        case Held held -> holding(held);
      };
    }

    private Handed holding(Held held) {
      var newest = held.day().isAfter(day) ? held.day() : day;
      var used = isOf(newest, day) ? earlier : Spend.ZERO;
      var replaced = of(held.agent()).orElse(null);
      if (replaced != null && replaced.day().isBefore(held.day()) && isOf(newest, replaced.day())) {
        used = used.plus(held.before() == null ? replaced.amount() : held.before());
      }
      var all = new ArrayList<Holding>(holdings.size() + 1);
      for (var each : holdings) {
        if (!each.agent().equals(held.agent()) && isOf(newest, each.day())) {
          all.add(each);
        }
      }
      all.add(new Holding(held.agent(), held.turn(), held.day(), held.amount()));
      return new Handed(newest, used, all);
    }

    private static boolean isOf(LocalDate month, LocalDate day) {
      return YearMonth.from(month).equals(YearMonth.from(day));
    }

    Optional<Holding> of(AgentId agent) {
      return holdings.stream().filter(each -> each.agent().equals(agent)).findFirst();
    }

    /** What of an agent's earlier holding stays used, now that it says what it used. */
    @Nullable Spend remaining(AgentId agent, @Nullable DayUse before) {
      var held = of(agent).orElse(null);
      return held == null || before == null || !held.day().equals(before.day())
          ? null
          : least(held.amount(), before.used());
    }

    static Spend least(Spend one, Spend other) {
      return new Spend(
          Math.min(one.tokens(), other.tokens()), Math.min(one.costMicros(), other.costMicros()));
    }

    /** What is no more there for an agent: what others hold, and what itself had on past days. */
    record Taken(Spend day, Spend month) {
      long of(Limit limit) {
        return limit.of(limit.isOfMonth() ? month : day);
      }
    }

    /**
     * What is taken before an agent says what it uses on that day.
     *
     * @param before what it used of its earlier holding; null: all of it
     */
    Taken taken(AgentId agent, LocalDate when, @Nullable Spend before) {
      var ofDay = Spend.ZERO;
      var ofMonth = isOf(day, when) ? earlier : Spend.ZERO;
      for (var held : holdings) {
        boolean own = held.agent().equals(agent);
        boolean today = held.day().equals(when);
        if (today && !own) {
          ofDay = ofDay.plus(held.amount());
        }
        if (isOf(when, held.day()) && !(own && today)) {
          ofMonth = ofMonth.plus(own && before != null ? before : held.amount());
        }
      }
      return new Taken(ofDay, ofMonth);
    }

    /** Why an agent cannot have that much for the day; empty: it can. */
    Optional<Shortage> lacks(Taken taken, DayUse use, Spend wanted, Budget budget) {
      for (Limit limit : Limit.values()) {
        var allowed = limit.in(budget);
        if (allowed != null) {
          long used = limit.of(use.used());
          long asked = limit.of(wanted);
          // Of a day that others have left behind, nobody can say any more what is left.
          if (use.day().isBefore(day)
              || Spend.sum(Spend.sum(taken.of(limit), used), asked) > allowed) {
            return Optional.of(
                Shortage.ofOrganization(
                    limit, allowed, taken.of(limit), used, asked, limit.resets(use.day())));
          }
        }
      }
      return Optional.empty();
    }

    /**
     * What an agent is to hold for the day: what it needs, and a tranche while there is plenty;
     * never less than it has, since it may not hear of it.
     */
    Spend grant(AgentId agent, Taken taken, DayUse use, Spend wanted, Budget budget) {
      var needed = use.used().plus(wanted);
      var spare = spare(taken, budget, needed);
      var granted =
          needed.plus(
              new Spend(
                  least(spare, Limit.TOKENS_PER_DAY, Limit.TOKENS_PER_MONTH),
                  least(spare, Limit.USD_PER_DAY, Limit.USD_PER_MONTH)));
      return of(agent)
          .filter(held -> held.day().equals(use.day()))
          .map(held -> granted.orMore(held.amount()))
          .orElse(granted);
    }

    /** Which limits leave how much to spare. */
    private static Map<Limit, Long> spare(Taken taken, Budget budget, Spend needed) {
      var spare = new EnumMap<Limit, Long>(Limit.class);
      for (Limit limit : Limit.values()) {
        var allowed = limit.in(budget);
        if (allowed != null) {
          long gone = Spend.sum(taken.of(limit), limit.of(needed));
          long room = Math.max(0, allowed - allowed / SCARCE - gone);
          spare.put(limit, Math.min(room, allowed / TRANCHES));
        }
      }
      return spare;
    }

    /** By the narrower of the two; nothing where neither limits. */
    private static long least(Map<Limit, Long> spare, Limit day, Limit month) {
      long most =
          Math.min(
              spare.getOrDefault(day, Long.MAX_VALUE), spare.getOrDefault(month, Long.MAX_VALUE));
      return most == Long.MAX_VALUE ? 0 : most;
    }
  }
}
