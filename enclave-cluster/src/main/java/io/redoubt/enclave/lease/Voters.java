package io.redoubt.enclave.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;

/**
 * Of whom a majority is needed: of those who are members now, and of those who will be after the
 * cluster's next step. Who takes a step has made sure that every member knew what it would be; so
 * majorities by the view before it and by the view after it have a node in common.
 *
 * @param now that take part: up, leaving, or down and not yet removed; by address
 * @param next that will: up or about to be; by address
 */
public record Voters(List<Long> now, List<Long> next) {
  public Voters {
    now = List.copyOf(now);
    next = List.copyOf(next);
  }

  /** By this node's view of the cluster. */
  public static Voters in(CurrentClusterState state) {
    var members = new ArrayList<Member>();
    state.getMembers().forEach(members::add);
    members.sort(Member.ordering());
    var now = new ArrayList<Long>();
    var next = new ArrayList<Long>();
    for (Member member : members) {
      MemberStatus status = member.status();
      boolean up = status.equals(MemberStatus.up());
      boolean toCome =
          status.equals(MemberStatus.joining()) || status.equals(MemberStatus.weaklyUp());
      boolean toGo = status.equals(MemberStatus.leaving()) || status.equals(MemberStatus.down());
      if (up || toGo) {
        now.add(member.uniqueAddress().longUid());
      }
      if (up || toCome) {
        next.add(member.uniqueAddress().longUid());
      }
    }
    return new Voters(now, next);
  }

  /** Whether these nodes speak for the cluster: no others can do so without one of them. */
  public boolean suffice(Set<Long> nodes) {
    return !now.isEmpty() && isMajority(now, nodes) && (isAlone() || isMajority(next, nodes));
  }

  /** Who is alone takes the next step itself, and so knows when it is taken. */
  private boolean isAlone() {
    return now.size() == 1 || next.isEmpty();
  }

  /** Half of them will do with the one of the lowest address, as for the split-brain resolver. */
  private static boolean isMajority(List<Long> all, Set<Long> nodes) {
    long count = all.stream().filter(nodes::contains).count();
    return count * 2 > all.size() || (count * 2 == all.size() && nodes.contains(all.getFirst()));
  }
}
