package io.redoubt.cli.provider;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists providers, without their keys. */
@Command(name = "list", description = "List model providers.")
final class ProviderList implements Callable<Integer> {
  private final Session session;

  ProviderList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> providers = session.operator().list(ProviderCommand.PATH, 0);
    session
        .output()
        .list(
            providers,
            () -> Table.of(providers, "name", "kind", "base_url", "models", "simulated"));
    return 0;
  }
}
