package io.redoubt.cli.approvals;

import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says deny to a request for approval. */
@Command(name = "deny", description = "Deny a request.")
final class ApprovalsDeny implements Callable<Integer> {
  @Mixin Desk desk = new Desk();

  @Parameters(paramLabel = "ID", description = "Which one: apr_…")
  String id = "";

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "TEXT",
      description = "Why, for the record.")
  String reason = "";

  private final Session session;

  ApprovalsDeny(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    return desk.decide(session, id, "deny", reason, null);
  }
}
