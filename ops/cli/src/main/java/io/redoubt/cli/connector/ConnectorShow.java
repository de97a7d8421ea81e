package io.redoubt.cli.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows a connector and its operations, without its secret. */
@Command(name = "show", description = "Show a connector and its operations.")
final class ConnectorShow implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  ConnectorShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode connector = session.operator().get(ConnectorCommand.path(name));
    session.output().show(connector, () -> fields(connector));
    if (!session.output().isJson()) {
      JsonNode operations = connector.path("operations");
      session.output().line("");
      session
          .output()
          .show(operations, () -> Table.of(operations, "name", "method", "path", "access"));
    }
    return 0;
  }

  private static Table fields(JsonNode connector) {
    ObjectNode fields = connector.deepCopy();
    fields.remove("operations");
    fields.put("credential", ConnectorCommand.credential(connector));
    if (connector.path("tls").isObject()) {
      fields.put("tls", "by certificates of its own");
    }
    return Table.fields(fields);
  }
}
