package io.redoubt.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.action.Act;
import io.redoubt.policy.PolicyResource;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.link.Manifest;
import io.redoubt.protocol.link.WorkingHours;
import io.redoubt.session.Risk.Contribution;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AssessorTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z"); // a Friday
  private static final PolicyResource SHELL = new PolicyResource.Tool("shell");

  private final RiskConfig config = RiskConfig.from(ConfigFactory.load());
  private final Session session = new Session();

  private Risk assess(Instant at, Manifest manifest, Set<String> findings) {
    var act = new Act(at, "tool:call", "shell", Verdict.PERMIT, 7);
    return new Assessor(config).assess(act, SHELL, manifest, findings, session, Optional.empty());
  }

  private Risk assess() {
    return assess(NOW, Manifest.NONE, Set.of());
  }

  private void did(String tool, Verdict verdict, long content, long secondsAgo) {
    session.add(new Act(NOW.minusSeconds(secondsAgo), "tool:call", tool, verdict, content));
  }

  private static Manifest operations(String... names) {
    return new Manifest(List.of(), List.of(names), List.of(), List.of());
  }

  @Test
  void anOrdinaryActHasNoRisk() {
    assertThat(assess()).isEqualTo(Risk.NONE);
  }

  @Test
  void whatTheIntentDoesNotNameIsOffIntent() {
    assertThat(assess(NOW, operations("deploy", "git/*"), Set.of()).contributions())
        .containsExactly(new Contribution("off-intent", 30));
    assertThat(assess(NOW, operations("deploy", "sh*"), Set.of())).isEqualTo(Risk.NONE);
  }

  @Test
  void anAgentWithHabitsIsSeenLeavingThem() {
    for (int i = 0; i < 19; i++) {
      did("deploy", Verdict.PERMIT, i, 1_000 - i);
    }
    assertThat(assess()).as("no habit yet").isEqualTo(Risk.NONE);

    did("shell", Verdict.DENY, 20, 500);
    assertThat(assess().contributions())
        .as("what was denied is no habit")
        .containsExactly(new Contribution("new-operation", 10));

    did("shell", Verdict.PERMIT, 21, 400);
    assertThat(assess()).isEqualTo(Risk.NONE);
  }

  @Test
  void whatIsDoneInADriftIsRiskier() {
    for (int i = 0; i < 30; i++) {
      did("deploy", Verdict.PERMIT, i, 1_000 - i);
    }
    for (int i = 0; i < 10; i++) {
      did("shell", Verdict.PERMIT, i, 500 - i);
    }
    assertThat(assess().contributions()).containsExactly(new Contribution("drift", 15));
  }

  @Test
  void theSameRequestOverAndOverIsALoop() {
    for (int i = 0; i < 4; i++) {
      did("shell", Verdict.PERMIT, 7, 100 - i);
    }
    assertThat(assess()).isEqualTo(Risk.NONE);

    did("shell", Verdict.PERMIT, 7, 50);
    assertThat(assess().contributions()).containsExactly(new Contribution("loop", 20));
  }

  @Test
  void manyActsInAMomentAreABurst() {
    for (int i = 0; i < 50; i++) {
      did("shell", Verdict.PERMIT, i + 100, 9);
    }
    assertThat(assess().contributions()).containsExactly(new Contribution("burst", 15));
    assertThat(assess(NOW.plusSeconds(2), Manifest.NONE, Set.of())).isEqualTo(Risk.NONE);
  }

  @Test
  void whoIsDeniedOftenLooksForAWayAround() {
    for (int i = 0; i < 3; i++) {
      did("shell", Verdict.DENY, i, 60);
    }
    assertThat(assess().contributions()).containsExactly(new Contribution("denials", 15));
    for (int i = 0; i < 10; i++) {
      did("shell", Verdict.PERMIT, i + 100, 50);
    }
    assertThat(assess()).isEqualTo(Risk.NONE);
  }

  @Test
  void everyReasonIsNamedAndTheSumHasAnEnd() {
    var findings = Set.of("a", "b", "c", "d", "e", "f", "g");

    var risk = assess(NOW, operations("deploy"), findings);

    assertThat(risk.score()).isEqualTo(Risk.MOST);
    assertThat(risk.explained()).startsWith("risk 100: off-intent 30, finding a 15, finding b 15");
  }

  @Test
  void offHoursCountOnceTheyAreSaid() {
    var said =
        ConfigFactory.parseString(
                """
                redoubt.agent.risk { off-hours = 10, hours { zone = "Europe/Zurich", until = "13:00" } }
                """)
            .withFallback(ConfigFactory.load());

    assertThat(contributions(new Assessor(RiskConfig.from(said)), Optional.empty()))
        .as("12:00 UTC is 13:00 in Zurich")
        .containsExactly(new Contribution("off-hours", 10));
  }

  private List<Contribution> contributions(Assessor assessor, Optional<WorkingHours> hours) {
    var act = new Act(NOW, "tool:call", "shell", Verdict.PERMIT, 7);
    return assessor.assess(act, SHELL, Manifest.NONE, Set.of(), session, hours).contributions();
  }

  private static Optional<WorkingHours> hours(String zone, String from, String day) {
    return Optional.of(new WorkingHours(zone, from, "21:00", List.of(day)));
  }

  @Test
  void anOrganizationsOwnHoursGoBeforeThoseOfTheEnclave() {
    var counted =
        ConfigFactory.parseString("redoubt.agent.risk.off-hours = 10")
            .withFallback(ConfigFactory.load());
    var assessor = new Assessor(RiskConfig.from(counted));
    var off = new Contribution("off-hours", 10);

    assertThat(contributions(assessor, Optional.empty())).isEmpty();
    assertThat(contributions(assessor, hours("Asia/Tokyo", "20:00", "friday")))
        .as("21:00 in Tokyo")
        .containsExactly(off);
    assertThat(contributions(assessor, hours("America/New_York", "07:00", "friday")))
        .as("07:00 in New York")
        .isEmpty();
    assertThat(contributions(assessor, hours("America/New_York", "07:00", "thursday")))
        .containsExactly(off);
    assertThat(contributions(assessor, hours("Moon/Tranquility", "07:00", "friday")))
        .as("a zone that nobody knows here")
        .containsExactly(off);
    assertThat(contributions(assessor, hours("UTC", "seven", "friday"))).containsExactly(off);
    assertThat(contributions(assessor, hours("UTC", "07:00", "someday"))).containsExactly(off);
    assertThat(contributions(new Assessor(config), hours("Asia/Tokyo", "20:00", "friday")))
        .as("where the enclave counts none")
        .isEmpty();
  }
}
