package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists canaries. */
@Command(name = "list", description = "List the canaries of the draft.")
final class CanaryList implements Callable<Integer> {
  private final Session session;

  CanaryList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> canaries = session.operator().list(CanaryCommand.PATH, 0);
    session
        .output()
        .list(
            canaries,
            () -> Table.of(canaries, "name", "action", "resource", "verdict", "updated_by"));
    return 0;
  }
}
