package io.redoubt.protocol.problem;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A problem document, {@code application/problem+json} (RFC 9457).
 *
 * @param members what is told of this occurrence beside that (§3.2)
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(
    String type,
    String title,
    int status,
    @Nullable String detail,
    @Nullable String instance,
    @Nullable String traceId,
    @Nullable List<FieldError> errors,
    @JsonAnyGetter Map<String, Object> members) {

  public static final String MEDIA_TYPE = "application/problem+json";

  /**
   * One field that is wrong.
   *
   * @param pointer JSON pointer into the body (RFC 6901), or the name of a parameter
   */
  public record FieldError(String pointer, String detail) {}

  /**
   * What a server answers.
   *
   * @param detail null: what helps with errors of this type
   */
  public static Problem of(
      ErrorType type, @Nullable String detail, String instance, String traceId) {
    return new Problem(
        type.urn(),
        type.title(),
        type.status(),
        detail == null ? type.help() : detail,
        instance,
        traceId,
        null,
        Map.of());
  }

  public Problem withErrors(List<FieldError> errors) {
    return new Problem(
        type,
        title,
        status,
        detail,
        instance,
        traceId,
        errors.isEmpty() ? null : List.copyOf(errors),
        members);
  }

  /** With more that is told of this occurrence. */
  public Problem with(Map<String, Object> more) {
    return new Problem(type, title, status, detail, instance, traceId, errors, new TreeMap<>(more));
  }
}
