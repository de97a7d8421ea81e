package io.redoubt.cli.rules;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.agent.AgentDirectory;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.audit.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes or replaces a rule. */
@Command(
    name = "set",
    description = {
      "Make or replace a rule of the draft. What is left out matches anything.",
      "It decides once `redoubt policy publish` has published the draft."
    })
final class RulesSet implements Callable<Integer> {
  /** Whether an operation reads or writes. */
  enum Access {
    READ,
    WRITE
  }

  /** Levels of the risk of an action. */
  enum Risk {
    LOW,
    MEDIUM,
    HIGH,
    CRITICAL
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Body(
      int priority,
      @Nullable String access,
      @Nullable String connector,
      @Nullable String operation,
      @Nullable String agentId,
      @Nullable String group,
      @Nullable List<String> risk,
      Verdict verdict,
      @Nullable String workflow) {}

  @Parameters(paramLabel = "NAME", description = "What it is called.")
  String name = "";

  @Option(
      names = "--priority",
      required = true,
      paramLabel = "N",
      description = "Its place: of all rules that match, the one with the lowest number decides.")
  int priority;

  @Option(
      names = "--verdict",
      required = true,
      paramLabel = "VERDICT",
      description = "What it says: ${COMPLETION-CANDIDATES}.")
  Verdict verdict = Verdict.DENY;

  @Option(
      names = "--access",
      paramLabel = "ACCESS",
      description = "Operations that do so: ${COMPLETION-CANDIDATES}.")
  @Nullable Access access;

  @Option(names = "--connector", paramLabel = "NAME", description = "Operations of this connector.")
  @Nullable String connector;

  @Option(
      names = "--operation",
      paramLabel = "PATTERN",
      description = "Operations of this name; * stands for any run of characters.")
  @Nullable String operation;

  @Option(names = "--agent", paramLabel = "NAME", description = "This agent's, by name or id.")
  @Nullable String agent;

  @Option(
      names = "--group",
      paramLabel = "KEY=VALUE",
      description = "Those of agents with this label.")
  @Nullable String group;

  @Option(
      names = "--risk",
      paramLabel = "LEVEL",
      description = "Those of this risk: ${COMPLETION-CANDIDATES}; may be repeated.")
  @Nullable List<Risk> risk;

  @Option(
      names = "--workflow",
      paramLabel = "NAME",
      description = "Whose approval is asked; left out: default.")
  @Nullable String workflow;

  private final Session session;

  RulesSet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var body =
        new Body(
            priority,
            access == null ? null : wire(access),
            connector,
            operation,
            agent == null ? null : new AgentDirectory(session.operator()).idOf(agent),
            group,
            risk == null ? null : risk.stream().map(RulesSet::wire).toList(),
            verdict,
            workflow);
    JsonNode rule = session.operator().put(RulesCommand.path(name), body);
    session
        .output()
        .say(
            rule,
            "Rule "
                + name
                + " is in the draft, with priority "
                + priority
                + ". Publish it with `redoubt policy publish`.");
    Shadows.remark(session, rule);
    Shadows.remarkOthers(session, rule);
    return 0;
  }

  private static String wire(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
