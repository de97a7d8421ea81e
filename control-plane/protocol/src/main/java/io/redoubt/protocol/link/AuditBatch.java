package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.OrganizationId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Audit on its way up: {@code POST /enclave/v1/audit}. Numbers are contiguous per enclave and
 * organization (G10), so the receiver sees a gap, and a repeat changes nothing.
 *
 * @param first number of the first line
 * @param lines at most 500, numbered {@code first}, {@code first + 1}, …
 */
public record AuditBatch(OrganizationId organizationId, long first, List<Line> lines) {
  public AuditBatch {
    lines = List.copyOf(lines);
  }

  /** One half of a record: exactly one of the two is present. */
  public record Line(@Nullable AuditRecord record, @Nullable AuditOutcome outcome) {
    public Line {
      if ((record == null) == (outcome == null)) {
        throw new IllegalArgumentException("a line is a record or an outcome");
      }
    }
  }

  /** The same where it is sent: a line is the JSON that was stored, handed on as it is. */
  public record Stored(OrganizationId organizationId, long first, List<StoredLine> lines) {
    public Stored {
      lines = List.copyOf(lines);
    }
  }

  /** A {@link Line} as stored JSON: exactly one of the two is present. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record StoredLine(
      @JsonRawValue @Nullable String record, @JsonRawValue @Nullable String outcome) {
    public StoredLine {
      if ((record == null) == (outcome == null)) {
        throw new IllegalArgumentException("a line is a record or an outcome");
      }
    }
  }

  /**
   * The receiver's answer.
   *
   * @param contiguous highest number up to which nothing is missing
   */
  public record Kept(long contiguous) {}
}
