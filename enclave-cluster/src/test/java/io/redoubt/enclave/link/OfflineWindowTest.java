package io.redoubt.enclave.link;

import static io.redoubt.link.Freshness.Standing.CONTINUED;
import static io.redoubt.link.Freshness.Standing.FRESH;
import static io.redoubt.link.Freshness.Standing.FROZEN;
import static io.redoubt.testing.ManualClock.START;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.link.Contact;
import io.redoubt.link.LinkState;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.OrganizationSpec.OfflineMode;
import io.redoubt.testing.InMemoryOrganizations;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** G8: how old what is known may become, and what a clock that was set back is worth. */
class OfflineWindowTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final OrganizationId CAREFUL = OrganizationId.next(new ManualClock());
  private static final OrganizationId BOLD = OrganizationId.next(new ManualClock());
  private static final OrganizationId STRANGE = OrganizationId.next(new ManualClock());

  private final ManualClock clock = new ManualClock();
  private final Durable durable = new Durable();
  private final InMemoryOrganizations organizations = new InMemoryOrganizations();
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private OfflineWindow window = node();

  /** What is in the database, and whether that answers. */
  private static final class Durable implements LinkState {
    Contact contact = Contact.NONE;
    boolean away;

    @Override
    public CompletionStage<Optional<Kept>> load() {
      return away
          ? CompletableFuture.failedFuture(new IllegalStateException("away"))
          : CompletableFuture.completedFuture(
              Optional.of(
                  new Kept(EnclaveId.next(new ManualClock()), new JwkSet(List.of()), 0, contact)));
    }

    @Override
    public CompletionStage<byte[]> enrolmentKey() {
      throw new UnsupportedOperationException("nobody asks");
    }
  }

  @BeforeEach
  void theyChose() {
    organizations.put(CAREFUL, organization(OfflineMode.FREEZE));
    organizations.put(BOLD, organization(OfflineMode.CONTINUE));
  }

  @Test
  void insideTheWindowEverythingGoesOn() {
    heard(START);
    at(START.plus(HOUR.multipliedBy(4)));

    assertThat(window.standing(CAREFUL)).isEqualTo(FRESH);
    assertThat(window.standing(BOLD)).isEqualTo(FRESH);
    assertThat(window.standing(STRANGE)).isEqualTo(FRESH);
  }

  /**
   * Asked at every action for four hours, by a node that looks as often as it does, and restarts.
   */
  @Test
  void overFourHoursOfLoadNothingIsFrozenBeforeItsTimeAndNothingGoesOnAfterIt() {
    heard(START);
    Instant end = START.plus(HOUR.multipliedBy(4));
    int actions = 0;
    for (Instant now = START; !now.isAfter(end); now = now.plusSeconds(1)) {
      clock.set(now);
      int second = (int) Duration.between(START, now).toSeconds();
      if (second % 5 == 0) {
        window.tick();
      }
      if (second % 1801 == 1800) {
        window = node();
        window.tick();
      }
      for (int i = 0; i < 20; i++) {
        assertThat(window.standing(i % 2 == 0 ? CAREFUL : BOLD)).isEqualTo(FRESH);
        actions++;
      }
    }
    assertThat(actions).isEqualTo(20 * (4 * 3600 + 1));

    for (int second = 1; second <= 600; second++) {
      clock.set(end.plusSeconds(second));
      assertThat(window.standing(CAREFUL)).as("%d s past", second).isEqualTo(FROZEN);
      assertThat(window.standing(BOLD)).as("%d s past", second).isEqualTo(CONTINUED);
    }
  }

  @Test
  void pastTheWindowEachOrganizationHasWhatItChose() {
    heard(START);
    at(START.plus(HOUR.multipliedBy(4)).plusSeconds(1));

    assertThat(window.standing(CAREFUL)).isEqualTo(FROZEN);
    assertThat(window.standing(BOLD)).isEqualTo(CONTINUED);
    assertThat(window.standing(STRANGE)).as("nobody said").isEqualTo(FROZEN);
  }

  @Test
  void neverHeardIsNotFresh() {
    at(START);

    assertThat(window.standing(CAREFUL)).isEqualTo(FROZEN);
    assertThat(window.age()).isEmpty();
  }

  @Test
  void aHeartbeatEndsTheFreeze() {
    heard(START);
    at(START.plus(HOUR.multipliedBy(9)));
    assertThat(window.standing(CAREFUL)).isEqualTo(FROZEN);

    heard(clock.instant());

    assertThat(window.standing(CAREFUL)).isEqualTo(FRESH);
  }

  @Test
  void whatWasHeardBeforeARestartIsAsOldAfterIt() {
    heard(START);
    clock.set(START.plus(HOUR.multipliedBy(5)));

    window = node();
    window.tick();

    assertThat(window.standing(CAREFUL)).isEqualTo(FROZEN);
    assertThat(window.age()).contains(HOUR.multipliedBy(5));
  }

  @Test
  void aClockThatIsSetBackIsFoundOutByTheNodeThatSawItLater() {
    heard(START);
    at(START.plus(HOUR.multipliedBy(3)));

    at(START.plus(HOUR));

    assertThat(window.standing(CAREFUL)).isEqualTo(FROZEN);
    assertThat(window.detail()).containsEntry("clock_went_back", true);
    at(START.plus(HOUR.multipliedBy(3)));
    assertThat(window.standing(CAREFUL)).as("put right again").isEqualTo(FRESH);
  }

  @Test
  void aClockThatIsSetBackOverARestartIsFoundOutByTheDurableMark() {
    heard(START);
    durable.contact = new Contact(durable.contact.last(), START.plus(HOUR.multipliedBy(3)));
    clock.set(START.plus(HOUR));

    window = node();
    window.tick();

    assertThat(window.standing(CAREFUL)).isEqualTo(FROZEN);
  }

  @Test
  void aClockThatIsSetBackInTheMiddleOfAnActionCountsAtOnce() {
    heard(START);
    at(START.plus(HOUR.multipliedBy(3)));

    clock.set(START);

    assertThat(window.standing(CAREFUL)).isEqualTo(FROZEN);
  }

  @Test
  void clocksOfNodesMayDifferALittle() {
    heard(START);

    at(START.minusSeconds(59));
    assertThat(window.standing(CAREFUL)).isEqualTo(FRESH);

    at(START.minusSeconds(61));
    assertThat(window.standing(CAREFUL)).isEqualTo(FROZEN);
  }

  @Test
  void aNewerHeartbeatVouchesForAnEarlierTime() {
    heard(START);
    at(START.plus(HOUR.multipliedBy(24)));

    // The clock was wrong, and is put right; the control plane says so, too.
    clock.set(START.plusSeconds(10));
    heard(START.plusSeconds(10));

    assertThat(window.standing(CAREFUL)).isEqualTo(FRESH);
  }

  @Test
  void ageIsCountedFromTheEarlierOfBothClocks() {
    durable.contact = new Contact(new Contact.Heartbeat(START.minus(HOUR), START, 1, null), START);
    at(START);
    assertThat(window.age()).contains(HOUR);

    durable.contact =
        new Contact(new Contact.Heartbeat(START.plusSeconds(30), START, 1, null), START);
    at(START.plusSeconds(40));
    assertThat(window.age()).contains(Duration.ofSeconds(40));
  }

  @Test
  void whileTheDatabaseIsAwayWhatIsKnownGrowsOlder() {
    heard(START);
    durable.away = true;

    at(START.plus(HOUR.multipliedBy(5)));

    assertThat(window.standing(CAREFUL)).isEqualTo(FROZEN);
    assertThat(metrics.get("redoubt.link.stale").gauge().value()).isEqualTo(1);
    assertThat(metrics.get("redoubt.link.age.seconds").gauge().value()).isEqualTo(5 * 3600);
  }

  private OfflineWindow node() {
    metrics.clear();
    return new OfflineWindow(
        OfflineConfig.from(ConfigFactory.load()), durable, organizations, clock, metrics);
  }

  private void heard(Instant time) {
    durable.contact = new Contact(new Contact.Heartbeat(time, time, 1, null), time);
    window.tick();
  }

  private void at(Instant now) {
    clock.set(now);
    window.tick();
  }

  private static OrganizationSpec organization(OfflineMode mode) {
    return new OrganizationSpec("Example", OrganizationSpec.Payloads.METADATA, 30, mode, 1);
  }
}
