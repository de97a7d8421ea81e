package io.redoubt.multinode.history;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record of the audit log, as the operator reads it.
 *
 * @param outcome null: none yet
 */
public record AuditLine(
    String id,
    Instant time,
    @Nullable String agent,
    String plane,
    String operation,
    String verdict,
    @Nullable String trace,
    @Nullable String outcome) {

  public boolean permits() {
    return verdict.equals("permit");
  }
}
