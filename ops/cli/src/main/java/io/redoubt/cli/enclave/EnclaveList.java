package io.redoubt.cli.enclave;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists enclaves. */
@Command(name = "list", description = "List enclaves, their last contact and how far they are.")
public final class EnclaveList implements Callable<Integer> {
  private final Session session;

  EnclaveList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> enclaves = session.operator().list(EnclaveCommand.PATH, 0);
    session
        .output()
        .list(
            enclaves,
            () -> Table.of(enclaves, "id", "name", "last_contact_at", "lag", "bundle_version"));
    return 0;
  }
}
