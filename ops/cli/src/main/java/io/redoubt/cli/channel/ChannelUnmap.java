package io.redoubt.cli.channel;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Forgets who somebody in a chat is. */
@Command(
    name = "unmap",
    description = "Forget who somebody in a chat is: they have no say any more.")
final class ChannelUnmap implements Callable<Integer> {
  @Parameters(
      paramLabel = "USER",
      description = "The user there: U… in Slack, an object id in Teams.")
  String user = "";

  @Option(
      names = "--in",
      paramLabel = "CHAT",
      description = "Which chat: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} unless said.")
  ChannelCommand.Chat chat = ChannelCommand.Chat.SLACK;

  private final Session session;

  ChannelUnmap(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var members = Mappings.read(session, chat);
    if (members.remove(user) == null) {
      throw new CommandFailure(ExitCode.NOT_FOUND, user + " is nobody already.");
    }
    session.output().say(Mappings.write(session, chat, members), user + " has no say any more.");
    return 0;
  }
}
