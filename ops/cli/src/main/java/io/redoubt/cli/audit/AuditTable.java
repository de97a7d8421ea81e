package io.redoubt.cli.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import java.util.List;

/** Audit records as people read them. */
final class AuditTable {
  static final String[] FIELDS = {
    "time",
    "verdict",
    "plane",
    "operation",
    "connector",
    "resource",
    "agent_id",
    "outcome.status",
    "outcome.duration_ms",
    "detail"
  };

  private AuditTable() {}

  static Table of(List<JsonNode> records) {
    return Table.of(records, FIELDS);
  }
}
