package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists the documents of the draft. */
@Command(name = "list", description = "List the policy documents of the draft.")
final class PolicyList implements Callable<Integer> {
  private final Session session;

  PolicyList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> policies = session.operator().list(PolicyCommand.POLICIES, 0);
    session
        .output()
        .list(policies, () -> Table.of(policies, "name", "version", "updated_by", "updated_at"));
    return 0;
  }
}
