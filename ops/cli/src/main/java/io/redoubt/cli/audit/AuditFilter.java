package io.redoubt.cli.audit;

import io.redoubt.cli.agent.AgentDirectory;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.command.When;
import io.redoubt.cli.session.Session;
import java.time.Clock;
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
      description = "From then on: RFC 3339, a date, or an age such as 90s, 15m, 24h, 7d.")
  @Nullable String since;

  @Option(names = "--until", paramLabel = "WHEN", description = "Up to then, written likewise.")
  @Nullable String until;

  /** The path of a listing, with the agent's name looked up. */
  Query query(Session session) {
    Clock clock = session.host().clock();
    return unbounded(session)
        .with("since", since == null ? null : When.instant(since, clock))
        .with("until", until == null ? null : When.instant(until, clock));
  }

  /** Like {@link #query}, for who brings a time of their own. */
  Query unbounded(Session session) {
    return Query.of(PATH)
        .with("agent_id", agent == null ? null : new AgentDirectory(session.operator()).idOf(agent))
        .with("plane", plane)
        .with("verdict", verdict)
        .with("operation", operation);
  }
}
