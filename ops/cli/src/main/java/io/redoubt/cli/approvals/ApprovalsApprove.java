package io.redoubt.cli.approvals;

import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says approve to a request for approval. */
@Command(
    name = "approve",
    description = {
      "Approve a request: the very same call then passes, as often as its workflow says.",
      "With --edit another call passes in its place, and never the one that was asked for."
    })
final class ApprovalsApprove implements Callable<Integer> {
  @Mixin Desk desk = new Desk();

  @Parameters(paramLabel = "ID", description = "Which one: apr_…")
  String id = "";

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the record.")
  @Nullable String reason;

  @Option(
      names = "--edit",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "FILE",
      description = {
        "Approve the call with other arguments: a JSON object, all of it. - is standard input;",
        "without FILE, $EDITOR opens on those of the call."
      })
  @Nullable String edit;

  private final Session session;

  ApprovalsApprove(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    return desk.decide(
        session,
        id,
        "approve",
        reason,
        edit == null ? null : EditedArguments.read(session, edit, desk.show(session, id)));
  }
}
