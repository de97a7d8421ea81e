package io.redoubt.cli.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists connectors, without their secrets. */
@Command(name = "list", description = "List connectors.")
final class ConnectorList implements Callable<Integer> {
  private final Session session;

  ConnectorList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> connectors = session.operator().list(ConnectorCommand.PATH, 0);
    session.output().list(connectors, () -> table(connectors));
    return 0;
  }

  private static Table table(List<JsonNode> connectors) {
    var table = new Table("name", "base url", "credential", "operations");
    connectors.forEach(connector ->
        table.row(
            Table.text(connector, "name"),
            Table.text(connector, "base_url"),
            ConnectorCommand.credential(connector),
            Integer.toString(connector.path("operations").size())));
    return table;
  }
}
