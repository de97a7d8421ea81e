package io.redoubt.controlplane.operator;

import io.redoubt.controlplane.store.Calendar;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.text.PlainText;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.japi.Pair;

/** The query of a request, strictly read: known names only, each at most once. */
public final class Parameters {
  private static final int MAX_LENGTH = 512;
  private static final String NOT_A_TIME =
      "is not an RFC 3339 time or a date of the years " + Calendar.YEARS;

  private final Map<String, String> values;

  private Parameters(Map<String, String> values) {
    this.values = values;
  }

  static Parameters of(HttpRequest request, String... known) {
    var names = List.of(known);
    var values = new HashMap<String, String>();
    for (Pair<String, String> parameter : queryOf(request)) {
      String name = parameter.first();
      if (!names.contains(name)) {
        throw ProblemException.invalid("query", "has a parameter that is not known here");
      }
      if (!PlainText.fits(parameter.second(), MAX_LENGTH)) {
        throw ProblemException.invalid(name, "is too long or has control characters");
      }
      if (values.put(name, parameter.second()) != null) {
        throw ProblemException.invalid(name, "comes more than once");
      }
    }
    return new Parameters(values);
  }

  private static List<Pair<String, String>> queryOf(HttpRequest request) {
    try {
      return request.getUri().query().toList();
    } catch (IllegalArgumentException _) {
      throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "The query is not well encoded.");
    }
  }

  public Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  /** An identifier, read by something that throws {@link IllegalArgumentException} on others. */
  public <T> Optional<T> id(String name, Function<String, T> parse) {
    return text(name)
        .map(value -> {
          try {
            return parse.apply(value);
          } catch (IllegalArgumentException _) {
            throw ProblemException.invalid(name, "is no identifier of that kind");
          }
        });
  }

  /** One of a few values, as each is written. */
  public <T> Optional<T> oneOf(String name, T[] values, Function<T, String> written) {
    return text(name)
        .map(text ->
            Arrays.stream(values)
                .filter(value -> written.apply(value).equals(text))
                .findFirst()
                .orElseThrow(() ->
                    ProblemException.invalid(
                        name,
                        "is not one of "
                            + Arrays.stream(values)
                                .map(written)
                                .collect(Collectors.joining(", ")))));
  }

  public boolean flag(String name) {
    return oneOf(name, new Boolean[] {true, false}, String::valueOf).orElse(false);
  }

  /** A time (RFC 3339), or a date that means its first moment in UTC. */
  public Optional<Instant> time(String name) {
    return text(name)
        .map(value ->
            timeOf(value)
                .filter(Calendar::has)
                .orElseThrow(() -> ProblemException.invalid(name, NOT_A_TIME)));
  }

  private static Optional<Instant> timeOf(String value) {
    try {
      return Optional.of(
          value.indexOf('T') < 0
              ? LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toInstant()
              : OffsetDateTime.parse(value).toInstant());
    } catch (DateTimeException _) {
      return Optional.empty();
    }
  }
}
