package io.redoubt.cli.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.Count;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists audit records, newest first. */
@Command(name = "search", description = "List audit records, newest first.")
final class AuditSearch implements Callable<Integer> {
  @Mixin AuditFilter filter = new AuditFilter();

  @Option(
      names = "--limit",
      paramLabel = "N",
      converter = Count.class,
      defaultValue = "50",
      description = "At most so many (${DEFAULT-VALUE}); 0: all.")
  int limit;

  private final Session session;

  AuditSearch(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> records =
        session.operator().list(filter.query(session).toString(), Math.max(0, limit));
    session.output().list(records, () -> AuditTable.of(records));
    return 0;
  }
}
