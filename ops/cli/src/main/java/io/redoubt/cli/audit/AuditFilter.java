package io.redoubt.cli.audit;

import io.redoubt.cli.agent.AgentDirectory;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.session.Session;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which records are wanted. */
final class AuditFilter {
  private static final String PATH = "/api/v1/audit";

  @Option(names = "--agent", paramLabel = "AGENT", description = "Of this agent, by name or id.")
  @Nullable String agent;

  @Option(names = "--plane", paramLabel = "PLANE", description = "Where the action came in.")
  @Nullable String plane;

  @Option(names = "--verdict", paramLabel = "VERDICT", description = "permit, deny or escalate.")
  @Nullable String verdict;

  @Option(names = "--operation", paramLabel = "NAME", description = "Such as llm:generate.")
  @Nullable String operation;

  @Option(
      names = "--since",
      paramLabel = "WHEN",
      description = "From then on: RFC 3339, or an age such as 90s, 15m, 24h, 7d.")
  @Nullable String since;

  @Option(names = "--until", paramLabel = "WHEN", description = "Up to then, written likewise.")
  @Nullable String until;

  /** The path of a listing, with the agent's name looked up. */
  Query query(Session session) {
    Clock clock = session.host().clock();
    return unbounded(session)
        .with("since", since == null ? null : instant(since, clock))
        .with("until", until == null ? null : instant(until, clock));
  }

  /** Like {@link #query}, for who brings a time of their own. */
  Query unbounded(Session session) {
    @Nullable String id = agent;
    if (id != null && !id.startsWith("agt_")) {
      id = AgentDirectory.id(new AgentDirectory(session.operator()).require(id));
    }
    return Query.of(PATH)
        .with("agent_id", id)
        .with("plane", plane)
        .with("verdict", verdict)
        .with("operation", operation);
  }

  static Instant instant(String text, Clock clock) {
    try {
      if (text.matches("[0-9]{1,6}[smhd]")) {
        String unit = text.substring(text.length() - 1).toUpperCase(Locale.ROOT);
        return clock
            .instant()
            .minus(Duration.parse((unit.equals("D") ? "P" : "PT") + text.toUpperCase(Locale.ROOT)));
      }
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw CommandFailure.usage(
          text + " is neither a time such as 2026-01-31T12:00:00Z nor an age such as 15m.");
    }
  }
}
