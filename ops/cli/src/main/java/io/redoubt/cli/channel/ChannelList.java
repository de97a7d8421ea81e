package io.redoubt.cli.channel;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists channels, without their secrets. */
@Command(name = "list", description = "List channels, and what is still to be said there.")
final class ChannelList implements Callable<Integer> {
  private final Session session;

  ChannelList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> channels = new ArrayList<>();
    session.operator().get(ChannelCommand.PATH).path("items").forEach(channels::add);
    session
        .output()
        .list(
            channels, () -> Table.of(channels, "kind", "waiting", "dead", "held_until", "problem"));
    return 0;
  }
}
