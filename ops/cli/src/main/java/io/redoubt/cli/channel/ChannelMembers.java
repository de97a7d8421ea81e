package io.redoubt.cli.channel;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists who is who in a chat. */
@Command(name = "members", description = "List who is who in a chat.")
final class ChannelMembers implements Callable<Integer> {
  @Option(
      names = "--in",
      paramLabel = "CHAT",
      description = "Which chat: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} unless said.")
  ChannelCommand.Chat chat = ChannelCommand.Chat.SLACK;

  private final Session session;

  ChannelMembers(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> members = new ArrayList<>();
    session.operator().get(chat.membersPath()).path("members").forEach(members::add);
    session.output().list(members, () -> Table.of(members, "user_id", "member_id"));
    return 0;
  }
}
