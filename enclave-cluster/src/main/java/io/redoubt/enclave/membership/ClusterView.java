package io.redoubt.enclave.membership;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/** The cluster as this node sees it. */
public final class ClusterView {
  private final Cluster cluster;

  public ClusterView(ActorSystem<?> system) {
    this.cluster = Cluster.get(system);
  }

  /** Whether this node is a full member. */
  public boolean up() {
    return cluster.selfMember().status().equals(MemberStatus.up());
  }

  /**
   * Whether this node reaches more than half of the members, or half of them with the one of the
   * lowest address: the side of a split that goes on, as the split-brain resolver decides it.
   */
  public boolean majority() {
    CurrentClusterState state = cluster.state();
    return majority(counted(state), state.getUnreachable(), Member.ordering());
  }

  static <M> boolean majority(List<M> members, Set<M> unreachable, Comparator<M> byAddress) {
    long reached = members.stream().filter(member -> !unreachable.contains(member)).count();
    if (reached * 2 != members.size()) {
      return reached * 2 > members.size();
    }
    return members.stream()
        .min(byAddress)
        .map(lowest -> !unreachable.contains(lowest))
        .orElse(false);
  }

  private static List<Member> counted(CurrentClusterState state) {
    return StreamSupport.stream(state.getMembers().spliterator(), false)
        .filter(member ->
            member.status().equals(MemberStatus.up())
                || member.status().equals(MemberStatus.leaving()))
        .toList();
  }

  /** Every member there is, by name. */
  public List<Member> members() {
    var members = new ArrayList<Member>();
    cluster.state().getMembers().forEach(members::add);
    members.sort(Comparator.comparing(MemberRoles::name));
    return members;
  }

  public boolean reaches(Member member) {
    return !cluster.state().getUnreachable().contains(member);
  }

  public Optional<Member> leader() {
    Address leader = cluster.state().getLeader();
    return members().stream().filter(member -> member.address().equals(leader)).findFirst();
  }
}
