package io.redoubt.enclave.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClusterViewTest {
  @Test
  void moreThanHalfOfTheMembersAreAMajority() {
    assertThat(majority(List.of("a"), Set.of())).isTrue();
    assertThat(majority(List.of("a", "b", "c"), Set.of("a"))).isTrue();
    assertThat(majority(List.of("a", "b", "c"), Set.of("a", "b"))).isFalse();
  }

  @Test
  void ofTwoHalvesTheOneWithTheLowestAddressIs() {
    assertThat(majority(List.of("a", "b"), Set.of("b"))).isTrue();
    assertThat(majority(List.of("a", "b"), Set.of("a"))).isFalse();
  }

  @Test
  void whoKnowsOfNobodyIsNone() {
    assertThat(majority(List.of(), Set.of())).isFalse();
  }

  private static boolean majority(List<String> members, Set<String> unreachable) {
    return ClusterView.majority(members, unreachable, Comparator.naturalOrder());
  }
}
