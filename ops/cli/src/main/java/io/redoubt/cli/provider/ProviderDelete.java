package io.redoubt.cli.provider;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Removes a provider and its key. */
@Command(name = "delete", description = "Remove a model provider and its key.")
final class ProviderDelete implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  ProviderDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().delete(ProviderCommand.PATH + "/" + Query.encode(name));
    session.output().say(answer, "Provider " + name + " is gone.");
    return 0;
  }
}
