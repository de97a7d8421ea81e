package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.Count;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists what was published. */
@Command(name = "versions", description = "List what was published, the newest first.")
final class PolicyVersions implements Callable<Integer> {
  @Option(
      names = "--limit",
      paramLabel = "N",
      converter = Count.class,
      description = "At most so many; 0: all.")
  int limit = 20;

  private final Session session;

  PolicyVersions(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> bundles = session.operator().list(PolicyCommand.BUNDLES, limit);
    session
        .output()
        .list(
            bundles,
            () ->
                Table.of(
                    bundles,
                    "version",
                    "published_at",
                    "published_by",
                    "rollback_of",
                    "policy_count",
                    "digest"));
    return 0;
  }
}
