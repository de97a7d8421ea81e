package io.redoubt.cli.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.agent.AgentDirectory;
import io.redoubt.cli.command.When;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which recorded actions are looked at, and how what was found is shown. */
final class Recorded {
  @Option(names = "--agent", paramLabel = "AGENT", description = "Of this agent, by name or id.")
  @Nullable String agent;

  @Option(
      names = "--since",
      paramLabel = "WHEN",
      description = "From then on: RFC 3339, or an age such as 15m, 24h, 7d. Left out: a day.")
  @Nullable String since;

  @Option(names = "--until", paramLabel = "WHEN", description = "Up to then, written likewise.")
  @Nullable String until;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "The newest so many, at most 5000. Left out: 1000.")
  @Nullable Integer limit;

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Body(
      @Nullable Instant since,
      @Nullable Instant until,
      @Nullable Integer limit,
      @Nullable String agentId) {}

  Object body(Session session) {
    var clock = session.host().clock();
    return new Body(
        since == null ? null : When.instant(since, clock),
        until == null ? null : When.instant(until, clock),
        limit,
        agent == null ? null : new AgentDirectory(session.operator()).idOf(agent));
  }

  /** Verdicts that are not the same, each with a few actions. */
  static void show(Session session, JsonNode changes) {
    for (JsonNode change : changes) {
      session
          .output()
          .line(
              "%s instead of %s: %s"
                  .formatted(
                      Table.text(change, "to"),
                      Table.text(change, "from"),
                      Table.text(change, "count")));
      for (JsonNode example : change.path("examples")) {
        session
            .output()
            .line(
                Table.printable(
                    "  %s  %s %s  by %s instead of %s"
                        .formatted(
                            Table.text(example, "action_id"),
                            Table.text(example, "operation"),
                            Table.text(example, "resource"),
                            Table.text(example, "after"),
                            Table.text(example, "before"))));
      }
    }
  }

  /** Says that there was more than was looked at. */
  static void remarkMore(Session session, JsonNode answer) {
    if (answer.path("more").asBoolean()) {
      session.remark(
          "only the newest " + Table.text(answer, "records") + " actions were looked at.");
    }
  }
}
