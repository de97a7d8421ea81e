package io.redoubt.cli.org;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.api.OperatorApi;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Output;
import io.redoubt.cli.output.Table;
import java.util.List;

/** The one organization that the credential is for. */
final class OwnOrganization {
  static final String PATH = "/api/v1/iam/organizations";

  private OwnOrganization() {}

  static JsonNode require(OperatorApi api) {
    List<JsonNode> own = api.list(PATH, 1);
    if (own.isEmpty()) {
      throw new CommandFailure(ExitCode.NOT_FOUND, "This credential belongs to no organization.");
    }
    return own.getFirst();
  }

  static void show(Output output, JsonNode organization) {
    output.show(organization, () -> Table.fields(withoutSpending(organization)));
  }

  /** That has a table of its own. */
  private static JsonNode withoutSpending(JsonNode organization) {
    ObjectNode rest = organization.deepCopy();
    rest.remove("spending");
    return rest;
  }
}
