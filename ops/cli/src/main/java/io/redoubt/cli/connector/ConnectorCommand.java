package io.redoubt.cli.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.output.Table;
import picocli.CommandLine.Command;

/** The commands about connectors. */
@Command(
    name = "connector",
    description = "Say which HTTP APIs agents may use, for what, and the secrets for them.",
    subcommands = {
      ConnectorSet.class,
      ConnectorList.class,
      ConnectorShow.class,
      ConnectorTest.class,
      ConnectorDelete.class
    })
public final class ConnectorCommand {
  static final String PATH = "/api/v1/connectors";

  static String path(String name) {
    return PATH + "/" + Query.encode(name);
  }

  /** How the secret is presented, such as {@code authorization: Bearer}. */
  static String credential(JsonNode connector) {
    JsonNode credential = connector.path("credential");
    return credential.has("scheme")
        ? Table.text(credential, "header") + ": " + Table.text(credential, "scheme")
        : Table.text(credential, "header");
  }
}
