package io.redoubt.controlplane.usage;

import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.http.Requests;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /api/v1/usage}: tokens, cost and governed actions, per agent, model and day. */
public final class UsageRoutes {
  private static final Set<String> DIMENSIONS = Set.of("agent", "model", "day");
  private static final LocalDate FIRST_DAY = LocalDate.of(1, 1, 1);
  private static final LocalDate LAST_DAY = LocalDate.of(9999, 12, 31);

  private final UsageQuery query = new UsageQuery();

  public List<Endpoint> endpoints() {
    return List.of(Endpoint.get("/api/v1/usage", Permission.USAGE_READ, this::list));
  }

  private Route list(Call call) {
    var parameters = call.parameters("group_by", "since", "until", "limit", "cursor");
    var groups =
        parameters.text("group_by").map(UsageRoutes::groups).orElse(List.of("agent", "model"));
    var wanted =
        new UsageQuery.Wanted(
            groups.contains("agent"),
            groups.contains("model"),
            groups.contains("day"),
            parameters.time("since").map(UsageRoutes::day).orElse(FIRST_DAY),
            parameters.time("until").map(UsageRoutes::lastDayBefore).orElse(LAST_DAY));
    return Requests.page(page -> {
      int offset = page.cursor().map(UsageRoutes::offset).orElse(0);
      return call.read(transaction -> {
        var lines = query.read(transaction, wanted, offset, page.limit() + 1);
        String next = Integer.toString(offset + page.limit());
        return Answer.ok(PageOf.body(lines, page.limit(), _ -> next));
      });
    });
  }

  private static List<String> groups(String text) {
    var groups = List.of(text.split(",", -1));
    if (!DIMENSIONS.containsAll(groups)) {
      throw ProblemException.invalid("group_by", "is made of agent, model and day");
    }
    return groups;
  }

  private static LocalDate day(Instant time) {
    return LocalDate.ofInstant(time, ZoneOffset.UTC);
  }

  /** The last day that begins before the time: a day is counted whole or not at all. */
  private static LocalDate lastDayBefore(Instant time) {
    return day(time.minusNanos(1));
  }

  /** Sums move while they are read, so a place in the list is all that a cursor can mean. */
  private static int offset(String cursor) {
    return Optional.of(cursor)
        .filter(text ->
            text.length() <= 9
                && IntStream.range(0, text.length())
                    .allMatch(i -> Character.isDigit(text.charAt(i)))
                && !text.isEmpty())
        .map(Integer::parseInt)
        .orElseThrow(() ->
            ProblemException.of(ErrorType.MALFORMED_REQUEST, "The cursor is not one of ours."));
  }
}
