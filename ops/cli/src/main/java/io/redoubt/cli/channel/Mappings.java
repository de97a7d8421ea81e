package io.redoubt.cli.channel;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who is who in a chat: read whole, changed, and written whole. */
final class Mappings {
  private record Mapping(String userId, String memberId) {}

  private record Body(List<Mapping> members) {}

  private Mappings() {}

  static Map<String, String> read(Session session, ChannelCommand.Chat chat) {
    var members = new LinkedHashMap<String, String>();
    for (JsonNode it : session.operator().get(chat.membersPath()).path("members")) {
      members.put(it.path("user_id").asText(), it.path("member_id").asText());
    }
    return members;
  }

  static JsonNode write(Session session, ChannelCommand.Chat chat, Map<String, String> members) {
    var all =
        members.entrySet().stream().map(it -> new Mapping(it.getKey(), it.getValue())).toList();
    return session.operator().put(chat.membersPath(), new Body(all));
  }
}
