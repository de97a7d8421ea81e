package io.redoubt.controlplane.usage;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import org.jdbi.v3.core.Handle;

/**
 * Counts what agents do and use, for each day, agent and model. Counted once for each audit line,
 * since it happens in the transaction that keeps the line.
 */
public final class UsageLedger {

  /** Counts the enclave's lines with these numbers, both inclusive, which were just kept. */
  public void count(
      Handle handle, OrganizationId organization, EnclaveId enclave, long from, long to) {
    countActions(handle, organization, enclave, from, to);
    countOutcomes(handle, organization, enclave, from, to);
  }

  private static void countActions(
      Handle handle, OrganizationId organization, EnclaveId enclave, long from, long to) {
    handle
        .createUpdate(
            """
            INSERT INTO control.usage_day AS sum
              (organization_id, day, agent_id, model, actions, denied, input_tokens, output_tokens,
               cache_read_tokens, cache_write_tokens, cost_micros)
            SELECT r.organization_id, CAST(r.time AT TIME ZONE 'UTC' AS date), r.agent_id,
              CASE r.plane WHEN 'llm' THEN left(coalesce(r.resource, ''), 200) ELSE '' END,
              count(*), count(*) FILTER (WHERE r.verdict = 'deny'), 0, 0, 0, 0, 0
            FROM control.audit_record r
            WHERE r.organization_id = :organization AND r.enclave_id = :enclave
              AND r.number BETWEEN :from AND :to AND r.agent_id IS NOT NULL
              AND r.plane IN ('llm', 'tool', 'mcp', 'connector', 'network', 'external')
            GROUP BY 1, 2, 3, 4
            ORDER BY 1, 2, 3, 4
            ON CONFLICT (organization_id, day, agent_id, model) DO UPDATE
            SET actions = sum.actions + excluded.actions, denied = sum.denied + excluded.denied
            """)
        .bind("organization", organization.uuid())
        .bind("enclave", enclave.uuid())
        .bind("from", from)
        .bind("to", to)
        .execute();
  }

  /** Usage belongs to the day of its intent, whichever batch its outcome comes in. */
  private static void countOutcomes(
      Handle handle, OrganizationId organization, EnclaveId enclave, long from, long to) {
    handle
        .createUpdate(
            """
            INSERT INTO control.usage_day AS sum
              (organization_id, day, agent_id, model, actions, denied, input_tokens, output_tokens,
               cache_read_tokens, cache_write_tokens, cost_micros)
            SELECT r.organization_id, CAST(r.time AT TIME ZONE 'UTC' AS date), r.agent_id,
              CASE r.plane WHEN 'llm' THEN left(coalesce(r.resource, ''), 200) ELSE '' END,
              0, 0,
              coalesce(sum(CAST(u.usage ->> 'input_tokens' AS bigint)), 0),
              coalesce(sum(CAST(u.usage ->> 'output_tokens' AS bigint)), 0),
              coalesce(sum(CAST(u.usage ->> 'cache_read_tokens' AS bigint)), 0),
              coalesce(sum(CAST(u.usage ->> 'cache_write_tokens' AS bigint)), 0),
              coalesce(sum(CAST(u.usage ->> 'cost_micros' AS bigint)), 0)
            FROM (
              SELECT o.id, o.body -> 'usage' AS usage FROM control.audit_outcome o
              WHERE o.organization_id = :organization AND o.enclave_id = :enclave
                AND o.number BETWEEN :from AND :to
              UNION ALL
              SELECT w.id, w.body -> 'outcome' -> 'usage' FROM control.audit_record w
              WHERE w.organization_id = :organization AND w.enclave_id = :enclave
                AND w.number BETWEEN :from AND :to
            ) u
            JOIN control.audit_record r ON r.organization_id = :organization AND r.id = u.id
            WHERE jsonb_typeof(u.usage) = 'object' AND r.agent_id IS NOT NULL
            GROUP BY 1, 2, 3, 4
            ORDER BY 1, 2, 3, 4
            ON CONFLICT (organization_id, day, agent_id, model) DO UPDATE
            SET input_tokens = sum.input_tokens + excluded.input_tokens,
              output_tokens = sum.output_tokens + excluded.output_tokens,
              cache_read_tokens = sum.cache_read_tokens + excluded.cache_read_tokens,
              cache_write_tokens = sum.cache_write_tokens + excluded.cache_write_tokens,
              cost_micros = sum.cost_micros + excluded.cost_micros
            """)
        .bind("organization", organization.uuid())
        .bind("enclave", enclave.uuid())
        .bind("from", from)
        .bind("to", to)
        .execute();
  }
}
