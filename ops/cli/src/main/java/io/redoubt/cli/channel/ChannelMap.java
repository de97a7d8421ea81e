package io.redoubt.cli.channel;

import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says which member somebody in a chat is. */
@Command(
    name = "map",
    description = "Say which member somebody in a chat is: what they press is that member's vote.")
final class ChannelMap implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "USER",
      description = "The user there: U… in Slack, an object id in Teams.")
  String user = "";

  @Parameters(index = "1", paramLabel = "MEMBER", description = "The member: mbr_…")
  String member = "";

  @Option(
      names = "--in",
      paramLabel = "CHAT",
      description = "Which chat: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} unless said.")
  ChannelCommand.Chat chat = ChannelCommand.Chat.SLACK;

  private final Session session;

  ChannelMap(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var members = Mappings.read(session, chat);
    members.put(user, member);
    session.output().say(Mappings.write(session, chat, members), user + " is " + member + ".");
    return 0;
  }
}
