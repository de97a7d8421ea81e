package io.redoubt.enclave.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class VotersTest {
  private static final List<Long> ALL = List.of(1L, 2L, 3L, 4L, 5L);

  private static Voters all(Long... nodes) {
    return new Voters(List.of(nodes), List.of(nodes));
  }

  @Test
  void aNodeAloneIsAMajorityOfItself() {
    assertThat(all(1L).suffice(Set.of(1L))).isTrue();
    assertThat(all(1L).suffice(Set.of())).isFalse();
  }

  @Test
  void moreThanHalfSuffice() {
    assertThat(all(1L, 2L, 3L).suffice(Set.of(2L, 3L))).isTrue();
    assertThat(all(1L, 2L, 3L).suffice(Set.of(1L))).isFalse();
    assertThat(all(1L, 2L, 3L).suffice(Set.of(1L, 9L))).as("a stranger").isFalse();
  }

  @Test
  void halfSufficesWithTheLowestAddress() {
    assertThat(all(1L, 2L).suffice(Set.of(1L))).isTrue();
    assertThat(all(1L, 2L).suffice(Set.of(2L))).isFalse();
    assertThat(all(1L, 2L, 3L, 4L).suffice(Set.of(1L, 4L))).isTrue();
    assertThat(all(1L, 2L, 3L, 4L).suffice(Set.of(2L, 3L))).isFalse();
  }

  @Test
  void whoIsNoMemberYetSpeaksForNobody() {
    assertThat(new Voters(List.of(), List.of(1L)).suffice(Set.of(1L))).isFalse();
  }

  @Test
  void whoLeavesLastNeedsNobodyToComeAfter() {
    assertThat(new Voters(List.of(1L), List.of()).suffice(Set.of(1L))).isTrue();
  }

  @Test
  void whoIsAboutToComeIsNeededAlready() {
    var growing = new Voters(List.of(3L, 4L), List.of(1L, 2L, 3L, 4L));

    assertThat(growing.suffice(Set.of(3L))).isFalse();
    assertThat(growing.suffice(Set.of(1L, 2L))).isFalse();
    assertThat(growing.suffice(Set.of(3L, 4L))).isFalse();
    assertThat(growing.suffice(Set.of(1L, 3L))).isTrue();
  }

  @Test
  void aNodeAloneNeedsNobodyWhoIsOnlyAboutToCome() {
    var growing = new Voters(List.of(3L), List.of(1L, 3L));

    assertThat(growing.suffice(Set.of(3L))).isTrue();
    assertThat(growing.suffice(Set.of(1L))).isFalse();
  }

  /**
   * What everything rests on: however the members change, two groups that each speak for the
   * cluster, one by the view before the step and one by the view after it, have a node in common.
   * (A node alone takes the step itself, so it has no view of before when others have one of
   * after.)
   */
  @Test
  void whoSpeaksForTheClusterBeforeAStepAndWhoDoesAfterItHaveANodeInCommon() {
    for (Set<Long> now : subsets()) {
      for (Set<Long> next : subsets()) {
        var before = voters(now, next);
        // The step makes what was to come what is; what is to come next only asks for more.
        var after = voters(next, Set.of());
        for (Set<Long> one : subsets()) {
          if (!before.suffice(one)) {
            continue;
          }
          for (Set<Long> other : subsets()) {
            if (before.suffice(other) || (now.size() > 1 && after.suffice(other))) {
              assertThat(one).containsAnyElementsOf(other);
            }
          }
        }
      }
    }
  }

  private static Voters voters(Set<Long> now, Set<Long> next) {
    return new Voters(now.stream().sorted().toList(), next.stream().sorted().toList());
  }

  private static List<Set<Long>> subsets() {
    var subsets = new ArrayList<Set<Long>>();
    for (int bits = 0; bits < 1 << ALL.size(); bits++) {
      int chosen = bits;
      subsets.add(
          LongStream.rangeClosed(1, ALL.size())
              .filter(node -> (chosen & 1 << (node - 1)) != 0)
              .boxed()
              .collect(Collectors.toCollection(HashSet::new)));
    }
    return subsets;
  }
}
