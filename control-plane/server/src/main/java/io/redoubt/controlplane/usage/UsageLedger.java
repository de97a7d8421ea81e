package io.redoubt.controlplane.usage;

import io.redoubt.persistence.batch.SqlArrays;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Usage;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Counts what agents do and use, for each day, agent and model. Counted once for each audit line,
 * since it happens in the transaction that keeps the line.
 */
public final class UsageLedger {
  private static final int MOST_OF_A_NAME = 200;
  private static final Set<Plane> PLANES_OF_ACTIONS =
      EnumSet.of(Plane.LLM, Plane.TOOL, Plane.MCP, Plane.CONNECTOR, Plane.NETWORK, Plane.EXTERNAL);

  /** Counts lines that were just kept. Usage belongs to the day of its intent. */
  public void count(
      Handle handle,
      OrganizationId organization,
      List<AuditRecord> records,
      List<AuditOutcome> outcomes) {
    var sums = new UsageSums();
    var subjects = new HashMap<AuditId, Subject>();
    for (var record : records) {
      var agent = record.agentId();
      if (agent == null) {
        continue;
      }
      var subject = Subject.of(record.time(), agent, record.plane(), record.resource());
      subjects.put(record.id(), subject);
      if (PLANES_OF_ACTIONS.contains(record.plane())) {
        sums.addAction(subject, record.verdict() == Verdict.DENY);
      }
      var outcome = record.outcome();
      if (outcome != null && outcome.usage() != null) {
        sums.addUsage(subject, outcome.usage());
      }
    }
    addOutcomes(handle, organization, outcomes, subjects, sums);
    sums.write(handle, organization);
  }

  private static void addOutcomes(
      Handle handle,
      OrganizationId organization,
      List<AuditOutcome> outcomes,
      Map<AuditId, Subject> subjects,
      UsageSums sums) {
    var elsewhere =
        outcomes.stream()
            .filter(outcome -> outcome.outcome().usage() != null)
            .map(AuditOutcome::id)
            .filter(id -> !subjects.containsKey(id))
            .toList();
    subjects.putAll(find(handle, organization, elsewhere));
    for (var outcome : outcomes) {
      var subject = subjects.get(outcome.id());
      Usage usage = outcome.outcome().usage();
      if (subject != null && usage != null) {
        sums.addUsage(subject, usage);
      }
    }
  }

  /**
   * Intents that came in an earlier batch than their outcome. One look-up by key for each: a join
   * would be free to read all of the organization's records instead, and did.
   */
  private static Map<AuditId, Subject> find(
      Handle handle, OrganizationId organization, Collection<AuditId> ids) {
    var found = new HashMap<AuditId, Subject>();
    if (ids.isEmpty()) {
      return found;
    }
    String[] texts = ids.stream().map(id -> id.uuid().toString()).toArray(String[]::new);
    handle
        .createQuery(
            """
            SELECT r.id, r.time, r.agent_id, r.plane, r.resource
            FROM unnest(:ids) AS asked (id)
            CROSS JOIN LATERAL (
              SELECT r.id, r.time, r.agent_id, r.plane, r.resource
              FROM control.audit_record r
              WHERE r.organization_id = :organization AND r.id = CAST(asked.id AS uuid)
              LIMIT 1) r
            WHERE r.agent_id IS NOT NULL
            """)
        .bind("ids", (at, statement, _) -> SqlArrays.text(statement, at, texts))
        .bind("organization", organization.uuid())
        .map((row, _) ->
            Map.entry(
                new AuditId(row.getObject("id", UUID.class)),
                Subject.of(
                    row.getObject("time", OffsetDateTime.class).toInstant(),
                    new AgentId(row.getObject("agent_id", UUID.class)),
                    Plane.of(row.getString("plane")),
                    row.getString("resource"))))
        .forEach(entry -> found.put(entry.getKey(), entry.getValue()));
    return found;
  }

  /** What is counted together. */
  record Subject(LocalDate day, AgentId agent, String model) {

    static Subject of(Instant time, AgentId agent, Plane plane, @Nullable String resource) {
      return new Subject(LocalDate.ofInstant(time, ZoneOffset.UTC), agent, model(plane, resource));
    }

    private static String model(Plane plane, @Nullable String resource) {
      if (plane != Plane.LLM || resource == null) {
        return "";
      }
      return resource.codePointCount(0, resource.length()) <= MOST_OF_A_NAME
          ? resource
          : resource.substring(0, resource.offsetByCodePoints(0, MOST_OF_A_NAME));
    }
  }
}
