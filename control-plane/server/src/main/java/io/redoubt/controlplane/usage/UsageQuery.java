package io.redoubt.controlplane.usage;

import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.AgentId;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Adds up what was counted. */
final class UsageQuery {
  private static final int MICROS = 6;

  /**
   * One line.
   *
   * @param agentId null: all of them
   * @param model null: all of them; empty: what used no model
   * @param day null: all of them
   */
  record UsageLine(
      @Nullable AgentId agentId,
      @Nullable String model,
      @Nullable LocalDate day,
      long actions,
      long denied,
      long inputTokens,
      long outputTokens,
      long cacheReadTokens,
      long cacheWriteTokens,
      long costMicros,
      BigDecimal costUsd) {}

  /** What is told apart, and from which days; both inclusive. */
  record Wanted(
      boolean byAgent, boolean byModel, boolean byDay, LocalDate since, LocalDate until) {}

  List<UsageLine> read(Transaction transaction, Wanted wanted, int offset, int limit) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT CASE WHEN :byAgent THEN agent_id END AS agent_id,
              CASE WHEN :byModel THEN model END AS model,
              CASE WHEN :byDay THEN day END AS day,
              sum(actions) AS actions, sum(denied) AS denied,
              sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
              sum(cache_read_tokens) AS cache_read_tokens,
              sum(cache_write_tokens) AS cache_write_tokens, sum(cost_micros) AS cost_micros
            FROM control.usage_day
            WHERE organization_id = :organization AND day BETWEEN :since AND :until
            GROUP BY 1, 2, 3
            ORDER BY 3 DESC NULLS LAST, 1, 2
            OFFSET :offset LIMIT :limit
            """)
        .bind("byAgent", wanted.byAgent())
        .bind("byModel", wanted.byModel())
        .bind("byDay", wanted.byDay())
        .bind("organization", transaction.organization().uuid())
        .bind("since", wanted.since())
        .bind("until", wanted.until())
        .bind("offset", offset)
        .bind("limit", limit)
        .map((row, _) -> line(row))
        .list();
  }

  private static UsageLine line(ResultSet row) throws SQLException {
    UUID agent = Rows.uuidOrNull(row, "agent_id");
    long micros = row.getLong("cost_micros");
    return new UsageLine(
        agent == null ? null : new AgentId(agent),
        row.getString("model"),
        row.getObject("day", LocalDate.class),
        row.getLong("actions"),
        row.getLong("denied"),
        row.getLong("input_tokens"),
        row.getLong("output_tokens"),
        row.getLong("cache_read_tokens"),
        row.getLong("cache_write_tokens"),
        micros,
        BigDecimal.valueOf(micros, MICROS));
  }
}
