package io.redoubt.persistence.enclave;

import io.redoubt.approval.JudgeAllowance;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import java.time.LocalDate;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What models may judge, in PostgreSQL: one row for each organization and day. */
final class PostgresJudgeAllowance implements JudgeAllowance {
  private static final int DAYS_KEPT = 7;

  private final Database database;

  PostgresJudgeAllowance(Database database) {
    this.database = database;
  }

  @Override
  public CompletionStage<Boolean> take(
      OrganizationId organization, LocalDate day, long tokens, Limits limits) {
    if (limits.calls() < 1 || tokens < 0 || tokens > limits.tokens()) {
      return CompletableFuture.completedFuture(false);
    }
    return database.inOrganization(
        organization,
        handle -> {
          handle
              .createUpdate(
                  "DELETE FROM enclave.judge_spend"
                      + " WHERE organization_id = :organization AND day < :eldest")
              .bind("organization", organization.uuid())
              .bind("eldest", day.minusDays(DAYS_KEPT))
              .execute();
          return handle
              .createQuery(
                  """
                  INSERT INTO enclave.judge_spend AS s (organization_id, day, calls, tokens)
                  VALUES (:organization, :day, 1, :tokens)
                  ON CONFLICT (organization_id, day) DO UPDATE
                  SET calls = s.calls + 1, tokens = s.tokens + excluded.tokens
                  WHERE s.calls < :mostCalls AND s.tokens + excluded.tokens <= :mostTokens
                  RETURNING true
                  """)
              .bind("organization", organization.uuid())
              .bind("day", day)
              .bind("tokens", tokens)
              .bind("mostCalls", limits.calls())
              .bind("mostTokens", limits.tokens())
              .mapTo(Boolean.class)
              .findOne()
              .isPresent();
        });
  }

  @Override
  public CompletionStage<Void> giveBack(OrganizationId organization, LocalDate day, long tokens) {
    if (tokens <= 0) {
      return CompletableFuture.completedFuture(null);
    }
    return database
        .inOrganization(
            organization,
            handle ->
                handle
                    .createUpdate(
                        "UPDATE enclave.judge_spend SET tokens = greatest(tokens - :tokens, 0)"
                            + " WHERE organization_id = :organization AND day = :day")
                    .bind("tokens", tokens)
                    .bind("organization", organization.uuid())
                    .bind("day", day)
                    .execute())
        .thenApply(_ -> null);
  }
}
