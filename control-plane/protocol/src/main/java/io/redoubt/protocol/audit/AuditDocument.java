package io.redoubt.protocol.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.redoubt.protocol.json.Json;

/**
 * Halves of audit records as the text that is stored and handed on. Half of the fields are usually
 * empty: they are left out, and read back as null.
 */
public final class AuditDocument {
  private static final ObjectWriter WRITER =
      Json.LENIENT
          .copy()
          .addMixIn(AuditRecord.class, WithoutNulls.class)
          .addMixIn(AuditOutcome.class, WithoutEmpties.class)
          .addMixIn(Conclusion.class, WithoutEmpties.class)
          .addMixIn(Outcome.class, WithoutNulls.class)
          .writer();

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private abstract static class WithoutNulls {}

  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  private abstract static class WithoutEmpties {}

  private AuditDocument() {}

  public static String of(AuditRecord record) {
    return write(record);
  }

  public static String of(AuditOutcome outcome) {
    return write(outcome);
  }

  public static String of(Conclusion conclusion) {
    return write(conclusion);
  }

  private static String write(Object half) {
    try {
      return WRITER.writeValueAsString(half);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("an audit line that cannot be written", e);
    }
  }
}
