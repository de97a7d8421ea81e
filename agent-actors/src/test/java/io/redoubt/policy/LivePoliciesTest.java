package io.redoubt.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.policy.Policies.Running;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.BundleDigest;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.CustomPattern;
import io.redoubt.testing.ManualClock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What was decided a moment ago is still carried out by the version that decided. */
class LivePoliciesTest {
  private static final OrganizationId ORGANIZATION = new OrganizationId(new UUID(2, 2));

  private final ManualClock clock = new ManualClock();
  private final LivePolicies live = new LivePolicies(clock);

  private static Running version(long version) {
    var pattern = new CustomPattern.Expression("version-" + version, "V" + version, false);
    var content =
        new ContentDocument("organization", new ContentPolicy(List.of(), List.of(pattern)));
    var set = (PolicySet) PolicySet.compile(List.of(Starter.DOCUMENT), List.of(content));
    return new Running(version, BundleDigest.of(new byte[0]), Instant.EPOCH, set);
  }

  @Test
  void theContentPoliciesOfTheVersionsOfAMomentAgoAreKnown() {
    live.run(ORGANIZATION, version(1));
    assertThat(live.contents(ORGANIZATION).version()).as("not settled yet").isZero();
    live.settle();
    clock.set(ManualClock.START.plusSeconds(300));
    live.run(ORGANIZATION, version(2));
    live.run(ORGANIZATION, version(3));
    clock.set(ManualClock.START.plusSeconds(400));

    assertThat(live.contents(ORGANIZATION).rules().patterns().names()).containsExactly("version-3");
    assertThat(live.contents(ORGANIZATION, 2).orElseThrow().patterns().names())
        .containsExactly("version-2");
    assertThat(live.contents(ORGANIZATION, 3)).isPresent();
    assertThat(live.contents(ORGANIZATION, 1)).as("decided until 100 s ago").isPresent();
    assertThat(live.contents(ORGANIZATION, 4)).isEmpty();
  }

  @Test
  void whatWasLongAgoIsForgottenAndNoMoreIsKeptThanSoMany() {
    live.settle();
    live.run(ORGANIZATION, version(1));
    live.run(ORGANIZATION, version(2));
    clock.set(ManualClock.START.plusSeconds(121));
    live.run(ORGANIZATION, version(3));
    assertThat(live.contents(ORGANIZATION, 1)).isEmpty();
    assertThat(live.contents(ORGANIZATION, 2)).isPresent();

    for (int version = 4; version <= 20; version++) {
      live.run(ORGANIZATION, version(version));
    }

    assertThat(live.contents(ORGANIZATION, 3)).isEmpty();
    assertThat(live.contents(ORGANIZATION, 4)).isPresent();
  }

  @Test
  void whatLooksForOtherThingsIsTold() {
    assertThat(version(1).set().content().looksForTheSameAs(version(1).set().content())).isTrue();
    assertThat(version(1).set().content().looksForTheSameAs(version(2).set().content())).isFalse();
  }
}
