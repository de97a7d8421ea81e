package io.redoubt.controlplane.channel;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.protocol.id.MemberId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Who is who in a chat, as somebody says. */
record MembersForm(@Nullable List<@Nullable Entry> members) {
  private static final int MAX_MEMBERS = 1000;

  record Entry(@Nullable String userId, @Nullable MemberId memberId) {}

  List<Channels.Mapping> checked(ChatUsers users) {
    var checks = new Checks();
    var wanted = new ArrayList<Channels.Mapping>();
    var seen = new HashSet<String>();
    List<@Nullable Entry> given = members == null ? List.of() : members;
    checks
        .require(members != null, "/members", "are needed, or none: []")
        .require(given.size() <= MAX_MEMBERS, "/members", "are at most " + MAX_MEMBERS);
    for (int i = 0; i < Math.min(given.size(), MAX_MEMBERS); i++) {
      @Nullable Entry entry = given.get(i);
      String at = "/members/" + i;
      if (entry == null
          || entry.memberId() == null
          || !FormChecks.is(users.form(), entry.userId())) {
        checks.wrong(at, "has a user_id, " + users.description() + ", and a member_id");
      } else {
        String user = Objects.requireNonNull(entry.userId());
        checks.require(seen.add(user), at + "/user_id", "is there twice");
        wanted.add(new Channels.Mapping(user, entry.memberId()));
      }
    }
    checks.done();
    return wanted;
  }
}
