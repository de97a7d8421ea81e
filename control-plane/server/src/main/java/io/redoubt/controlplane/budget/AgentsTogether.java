package io.redoubt.controlplane.budget;

import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Spending;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.Optional;

/** What the agents of an organization have spent together, by what was last said of each. */
public final class AgentsTogether {
  private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

  private AgentsTogether() {}

  /** On the newest day that any of them was heard of, and in its month; empty: of none ever. */
  public static Optional<BudgetStanding> standing(
      Transaction transaction, OrganizationId organization, BudgetTerms terms) {
    return transaction
        .handle()
        .createQuery(
            """
            WITH said AS (
              SELECT spending, spending_at, CAST(spending ->> 'day' AS date) AS day,
                max(CAST(spending ->> 'day' AS date)) OVER () AS newest
              FROM control.agent WHERE organization_id = :organization AND spending IS NOT NULL
            ), spent AS (
              SELECT spending_at, newest, day = newest AS is_of_day,
                CAST(spending #>> '{today,tokens}' AS numeric) AS day_tokens,
                CAST(spending #>> '{today,cost_micros}' AS numeric) AS day_micros,
                CAST(spending #>> '{reserved_today,tokens}' AS numeric) AS day_kept_tokens,
                CAST(spending #>> '{reserved_today,cost_micros}' AS numeric) AS day_kept_micros,
                CAST(spending #>> '{month,tokens}' AS numeric) AS month_tokens,
                CAST(spending #>> '{month,cost_micros}' AS numeric) AS month_micros,
                CAST(spending #>> '{reserved_this_month,tokens}' AS numeric) AS month_kept_tokens,
                CAST(spending #>> '{reserved_this_month,cost_micros}' AS numeric)
                  AS month_kept_micros
              FROM said WHERE date_trunc('month', day) = date_trunc('month', newest)
            )
            SELECT newest, max(spending_at) AS at,
              sum(day_tokens) FILTER (WHERE is_of_day) AS day_tokens,
              sum(day_micros) FILTER (WHERE is_of_day) AS day_micros,
              sum(day_kept_tokens) FILTER (WHERE is_of_day) AS day_kept_tokens,
              sum(day_kept_micros) FILTER (WHERE is_of_day) AS day_kept_micros,
              sum(month_tokens) AS month_tokens,
              sum(month_micros) AS month_micros,
              sum(month_kept_tokens) AS month_kept_tokens,
              sum(month_kept_micros) AS month_kept_micros
            FROM spent GROUP BY newest
            """)
        .bind("organization", organization.uuid())
        .map((row, _) ->
            BudgetStanding.of(
                new Spending(
                    row.getObject("newest", LocalDate.class),
                    spend(row, "day"),
                    spend(row, "day_kept"),
                    spend(row, "month"),
                    spend(row, "month_kept")),
                Rows.instant(row, "at"),
                terms))
        .findOne();
  }

  private static Spend spend(ResultSet row, String of) throws SQLException {
    return new Spend(amount(row, of + "_tokens"), amount(row, of + "_micros"));
  }

  private static long amount(ResultSet row, String column) throws SQLException {
    return row.getBigDecimal(column).min(MOST).longValue();
  }
}
