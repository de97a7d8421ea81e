package io.redoubt.cli.enclave;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.OperatorApi;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Table;
import java.util.List;
import java.util.stream.Collectors;

/** Finds enclaves by what people call them. */
public final class EnclaveDirectory {
  /** So many are named where one has to be chosen. */
  private static final int MOST_NAMED = 20;

  private final OperatorApi operator;

  public EnclaveDirectory(OperatorApi operator) {
    this.operator = operator;
  }

  /** The id of one enclave, given by name or id. */
  public String idOf(String nameOrId) {
    if (nameOrId.startsWith("enc_")) {
      return nameOrId;
    }
    List<String> ids =
        operator.list(EnclaveCommand.PATH, 0).stream()
            .filter(enclave -> nameOrId.equals(enclave.path("name").textValue()))
            .map(enclave -> enclave.path("id").asText())
            .toList();
    if (ids.isEmpty()) {
      throw new CommandFailure(ExitCode.NOT_FOUND, "There is no enclave called " + nameOrId + ".");
    }
    if (ids.size() > 1) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "Several enclaves are called "
              + nameOrId
              + "; name one by its id: "
              + String.join(", ", ids));
    }
    return ids.getFirst();
  }

  /** Which there are, for a person who has to choose; empty: none, or the caller may not know. */
  public String choice() {
    List<JsonNode> enclaves;
    try {
      enclaves = operator.list(EnclaveCommand.PATH, MOST_NAMED + 1);
    } catch (CommandFailure _) {
      return "";
    }
    String named =
        enclaves.stream()
            .limit(MOST_NAMED)
            .map(EnclaveDirectory::described)
            .collect(Collectors.joining(", "));
    return enclaves.size() > MOST_NAMED ? named + ", and more" : named;
  }

  private static String described(JsonNode enclave) {
    return Table.printable(enclave.path("name").asText())
        + (enclave.path("enrolled").asBoolean(true) ? "" : " (never connected)");
  }
}
