package io.redoubt.cli.enclave;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Ends an enclave for ever. */
@Command(
    name = "delete",
    description = "End an enclave for ever, once it has no agents; its API key dies at once.")
public final class EnclaveDelete implements Callable<Integer> {
  @Parameters(paramLabel = "ENCLAVE", description = "Name or id.")
  String enclave = "";

  private final Session session;

  EnclaveDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String id = new EnclaveDirectory(session.operator()).idOf(enclave);
    JsonNode answer = session.operator().delete(EnclaveCommand.PATH + "/" + Query.encode(id));
    session.output().say(answer, "Enclave " + enclave + " is gone.");
    return 0;
  }
}
