package io.redoubt.cli.channel;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows one channel, without its secrets. */
@Command(name = "show", description = "Show a channel, without its secrets.")
final class ChannelShow implements Callable<Integer> {
  @Parameters(paramLabel = "KIND", description = "Which one: ${COMPLETION-CANDIDATES}.")
  ChannelCommand.Kind kind = ChannelCommand.Kind.SLACK;

  private final Session session;

  ChannelShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode channel = session.operator().get(kind.path());
    session.output().show(channel, () -> Table.fields(channel));
    return 0;
  }
}
