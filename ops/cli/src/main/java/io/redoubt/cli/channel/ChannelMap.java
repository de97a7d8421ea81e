package io.redoubt.cli.channel;

import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Says which member somebody in Slack is. */
@Command(
    name = "map",
    description = "Say which member somebody in Slack is: what they press is that member's vote.")
final class ChannelMap implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "USER", description = "The user in Slack: U…")
  String user = "";

  @Parameters(index = "1", paramLabel = "MEMBER", description = "The member: mbr_…")
  String member = "";

  private final Session session;

  ChannelMap(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var members = Mappings.read(session);
    members.put(user, member);
    session.output().say(Mappings.write(session, members), user + " is " + member + ".");
    return 0;
  }
}
