package io.redoubt.standalone.up;

import io.redoubt.cli.command.Host;
import io.redoubt.cli.settings.ConfigFile;
import io.redoubt.cli.settings.RuntimeFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;

/** Says in plain words what is running where, and what to type next. */
final class Summary {
  private final Host host;
  private final Plan plan;
  private final Path configFile;

  Summary(Host host, Plan plan, Path configFile) {
    this.host = host;
    this.plan = plan;
    this.configFile = configFile;
  }

  /**
   * Prints it.
   *
   * @param first whether this installation has just been made: then its first operator is shown
   */
  void print(RuntimeFile runtime, boolean first) throws IOException {
    PrintWriter out = host.out();
    RuntimeFile.EnclaveNode node = runtime.enclaves().getFirst();
    out.println(
        "Redoubt " + runtime.version() + " is running. Its data is in " + plan.data().path());
    out.println();
    row("control plane", runtime.controlPlaneUrl(), "operators: /api/v1, /openapi.json");
    if (plan.nodes().isEmpty()) {
      row("agent endpoint", node.agentUrl(), "agents bootstrap and renew here");
      row("acting endpoint", node.actingUrl(), "model calls go here");
      row("management", node.managementUrl(), "/alive /ready /metrics");
    } else {
      runtime.enclaves().forEach(this::rows);
    }
    row(
        "PostgreSQL",
        runtime.databaseUrl().replaceFirst("^jdbc:", ""),
        plan.databaseUrl().isPresent() ? "yours" : "embedded");
    if (plan.demo()) {
      row("demo provider", "SIMULATED", "stands in for Anthropic and OpenAI; calls no model");
    }
    row("logs", plan.data().logs(), "JSON");
    if (plan.tls()) {
      row("authority", String.valueOf(runtime.tlsCaFile()), "trust this one");
    }
    if (first) {
      out.println();
      out.println("First operator, owner of the organization \"default\" (shown only now):");
      out.println("  client id      " + runtime.operator().clientId());
      out.println("  client secret  " + runtime.operator().clientSecret());
      out.println(
          "  It is for this machine, gets a new secret at each start, and commands find it in");
      out.println("  " + plan.data().path().resolve(RuntimeFile.NAME) + " by themselves.");
    }
    out.println();
    out.println("What to type next:");
    String redoubt = host.variable("REDOUBT_COMMAND").orElse("redoubt");
    String where = dataDirOption();
    if (plan.demo()) {
      out.println("  " + redoubt + " run" + where + " --agent first --create -- sh -c '");
      out.println(
          "    curl -s $ANTHROPIC_BASE_URL/v1/messages -H \"x-api-key: $ANTHROPIC_API_KEY\" \\");
      out.println(
          "      -H \"anthropic-version: 2023-06-01\" -H \"content-type: application/json\" \\");
      out.println(
          "      -d \"{\\\"model\\\":\\\"claude-demo-small\\\",\\\"max_tokens\\\":100,"
              + "\\\"messages\\\":[{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"hello\\\"}]}\"'");
    } else {
      out.println("  " + redoubt + " provider set anthropic --kind anthropic" + where);
      out.println("  " + redoubt + " run" + where + " --agent first --create -- PROGRAM");
    }
    if (plan.nodes().isPresent()) {
      out.println("  " + redoubt + " cluster status" + where);
    }
    out.println("  " + redoubt + " audit tail" + where);
    out.println("  " + redoubt + " agent isolate first" + where);
    out.println("  " + redoubt + " down" + where);
    out.flush();
  }

  /** A node with a process of its own. */
  private void rows(RuntimeFile.EnclaveNode node) {
    row(node.node(), node.agentUrl(), "agents bootstrap and renew here; process " + node.pid());
    row("", node.actingUrl(), "model calls go here");
    row("", node.managementUrl(), "/alive /ready /metrics");
  }

  private void row(String name, Object where, String what) {
    host.out().printf("  %-16s %-40s %s%n", name, where, what);
  }

  /** Needed where commands typed here would find another installation, or none. */
  private String dataDirOption() throws IOException {
    Optional<Path> found = RuntimeFile.find(host.workingDirectory());
    ConfigFile config = ConfigFile.read(configFile);
    boolean elsewhere = config.url() != null || config.dataDir() != null;
    return found.map(plan.data().path()::equals).orElse(false) && !elsewhere
        ? ""
        : " --data-dir " + plan.data().path();
  }
}
