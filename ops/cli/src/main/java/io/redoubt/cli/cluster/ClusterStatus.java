package io.redoubt.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import io.redoubt.cli.settings.RuntimeFile;
import io.redoubt.cli.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows the cluster as one of its nodes sees it. */
@Command(
    name = "status",
    description = {
      "Show the nodes of the enclave, who leads, what runs where, and how the link stands.",
      "Asks the first node of this machine's installation that answers; elsewhere, say which."
    })
final class ClusterStatus implements Callable<Integer> {
  private static final String PATH = "/v1/cluster";

  @Option(
      names = "--management-url",
      paramLabel = "URL",
      description = "Management address of the node to ask.")
  @Nullable URI managementUrl;

  private final Session session;

  ClusterStatus(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    JsonNode status = ask();
    session.output().show(status, () -> table(status));
    if (!session.output().isJson()) {
      session.output().line("");
      session.output().line("enclave     " + Table.text(status, "enclave_id"));
      session
          .output()
          .line(
              "seen by     "
                  + Table.text(status, "node")
                  + (status.path("majority").asBoolean()
                      ? ""
                      : ", which does not reach a majority"));
      session.output().line("leader      " + Table.text(status, "leader"));
      session.output().line("singletons  " + Table.text(status, "singletons"));
      session.output().line("link        " + Table.text(status, "link"));
      for (JsonNode policy : status.path("policies")) {
        session
            .output()
            .line(
                "policies    "
                    + Table.text(policy, "organization_id")
                    + " version "
                    + Table.text(policy, "version")
                    + " since "
                    + Table.text(policy, "since"));
      }
    }
    return ExitCode.DONE.number();
  }

  private static Table table(JsonNode status) {
    return Table.of(
        status.path("nodes"),
        "node",
        "status",
        "reachable",
        "ready",
        "missing",
        "shards",
        "entities",
        "address",
        "version",
        "started_at");
  }

  /** The first node that answers: one that has died is no reason not to see the others. */
  private JsonNode ask() throws IOException {
    @Nullable CommandFailure unreachable = null;
    for (URI node : nodes()) {
      try {
        return session.enclaveNode(node).get(PATH);
      } catch (CommandFailure e) {
        if (e.exitCode() != ExitCode.UNREACHABLE) {
          throw e;
        }
        unreachable = e;
      }
    }
    if (unreachable != null) {
      throw unreachable;
    }
    throw CommandFailure.usage(
        "No node of that enclave is known here. Say where one is with --management-url.");
  }

  /** Only nodes of the control plane that the token is for: nobody else is to see it. */
  private List<URI> nodes() throws IOException {
    if (managementUrl != null) {
      return List.of(managementUrl);
    }
    Settings settings = session.settings();
    @Nullable Path directory = settings.dataDirectory();
    Optional<RuntimeFile> runtime =
        directory == null ? Optional.empty() : RuntimeFile.read(directory);
    return runtime
        .filter(it -> it.controlPlaneUrl().equals(settings.url()))
        .map(it -> it.enclaves().stream().map(RuntimeFile.EnclaveNode::managementUrl).toList())
        .orElse(List.of());
  }
}
