package io.redoubt.cli.approvals;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.Count;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists requests for approval. */
@Command(name = "list", description = "List what waits for a decision, the newest first.")
final class ApprovalsList implements Callable<Integer> {
  @Mixin Desk desk = new Desk();

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      defaultValue = "pending",
      description = {
        "pending, approved, denied, expired, consumed, cancelled or edited; all: whatever it is",
        "(${DEFAULT-VALUE})."
      })
  String status = "pending";

  @Option(
      names = {"-n", "--limit"},
      paramLabel = "N",
      converter = Count.class,
      defaultValue = "200",
      description = "At most so many (${DEFAULT-VALUE}).")
  int limit;

  private final Session session;

  ApprovalsList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> approvals = desk.list(session, status.equals("all") ? null : status, limit);
    session.output().list(approvals, () -> Desk.table(approvals));
    return 0;
  }
}
