package io.redoubt.cli.usage;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.command.When;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Tokens, cost and governed actions. */
@Command(name = "usage", description = "Show tokens, cost and governed actions.")
public final class UsageCommand implements Callable<Integer> {
  @Option(
      names = "--by",
      split = ",",
      paramLabel = "WHAT",
      description = "Grouped by agent, model, day (agent,model).")
  List<String> groups = new ArrayList<>(List.of("agent", "model"));

  @Option(
      names = "--since",
      paramLabel = "WHEN",
      description = "From that day on: RFC 3339, a date, or an age such as 24h, 7d.")
  @Nullable String since;

  @Option(
      names = "--until",
      paramLabel = "WHEN",
      description = "The days that begin before then, written likewise.")
  @Nullable String until;

  private final Session session;

  UsageCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Clock clock = session.host().clock();
    List<JsonNode> rows =
        session
            .operator()
            .list(
                Query.of("/api/v1/usage")
                    .with("group_by", String.join(",", groups))
                    .with("since", since == null ? null : When.instant(since, clock))
                    .with("until", until == null ? null : When.instant(until, clock))
                    .toString(),
                0);
    session
        .output()
        .list(
            rows,
            () -> {
              var fields = new LinkedHashSet<String>();
              rows.forEach(row -> row.fieldNames().forEachRemaining(fields::add));
              return fields.isEmpty()
                  ? new Table("nothing was used")
                  : Table.of(rows, fields.toArray(String[]::new));
            });
    return 0;
  }
}
