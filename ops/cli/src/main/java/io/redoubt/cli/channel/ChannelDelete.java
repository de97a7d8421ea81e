package io.redoubt.cli.channel;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Removes a channel and its secrets. */
@Command(name = "delete", description = "Tell nobody there any more, and forget its secrets.")
final class ChannelDelete implements Callable<Integer> {
  @Parameters(paramLabel = "KIND", description = "Which one: ${COMPLETION-CANDIDATES}.")
  ChannelCommand.Kind kind = ChannelCommand.Kind.SLACK;

  private final Session session;

  ChannelDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().delete(kind.path());
    session.output().say(answer, "Nobody is told by " + kind + " any more.");
    return 0;
  }
}
