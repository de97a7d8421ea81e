package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.protocol.approval.ApproverGroup;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A group without its name, as operators write it. */
record GroupBody(@Nullable List<@Nullable String> members) {

  /** Everything that can be seen without looking at who is there, or 422. */
  GroupBody checked(String name) {
    var checks =
        new Checks()
            .require(
                ApproverGroup.isName(name),
                "name",
                "has 1 to 63 lower-case letters, digits, dots, dashes and underscores")
            .require(
                members != null
                    && !members.isEmpty()
                    && members.size() <= ApproverGroup.MAX_MEMBERS,
                "/members",
                "are 1 to " + ApproverGroup.MAX_MEMBERS);
    checks.done();
    return this;
  }

  /**
   * As a group of that name, or 422 with all who are not there.
   *
   * @param standing the organization's members and clients
   */
  ApproverGroup group(String name, Set<String> standing) {
    var all = Objects.requireNonNull(members);
    var checks = new Checks();
    for (int i = 0; i < all.size(); i++) {
      var member = all.get(i);
      checks.require(
          member != null && standing.contains(member),
          "/members/" + i,
          "is not the id of a member or a client of the organization");
    }
    checks.done();
    return new ApproverGroup(name, all.stream().map(Objects::requireNonNull).toList());
  }
}
