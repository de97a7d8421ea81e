package io.redoubt.multinode.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.history.Chunk;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Isolation;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.history.Sighting;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The checker of G3 accepts what may happen, and rejects what must not. */
final class KillHoldsTest {
  private static final long ACKNOWLEDGED = Duration.ofSeconds(10).toNanos();
  private static final long RELEASED = Duration.ofSeconds(20).toNanos();
  private static final long STANDING = Duration.ofSeconds(15).toNanos();

  private final History history = new History();
  private final List<Sighting> sightings = new ArrayList<>();

  @BeforeEach
  void isolated() {
    history.add(new Isolation("agent", ACKNOWLEDGED - 5, ACKNOWLEDGED, RELEASED));
  }

  private void called(String agent, long started, boolean permitted) {
    history.add(new ModelCall(agent, "t", started, started + 1, permitted, permitted ? 200 : 403));
  }

  private void seen(long nanos) {
    sightings.add(new Sighting("t", "agent", Instant.EPOCH, nanos));
  }

  private void isAccepted() {
    assertThat(KillHolds.violations(history, sightings)).isEmpty();
  }

  private void isRejected() {
    assertThat(KillHolds.violations(history, sightings)).isNotEmpty();
  }

  @Test
  void callsBeforeAndAfterAndDenialsBetweenAreAccepted() {
    called("agent", 0, true);
    called("agent", ACKNOWLEDGED - 1, true);
    called("agent", STANDING, false);
    called("agent", RELEASED + 1, true);
    seen(ACKNOWLEDGED - 1);
    seen(RELEASED + 1);

    isAccepted();
  }

  @Test
  void anotherAgentGoesOn() {
    called("bystander", STANDING, true);

    isAccepted();
  }

  @Test
  void aPermitUnderAnIsolationIsRejected() {
    called("agent", ACKNOWLEDGED + 1, true);

    isRejected();
  }

  @Test
  void aCallThatWaitedForTheReleaseIsAccepted() {
    called("agent", STANDING, true);
    seen(RELEASED);

    isAccepted();
  }

  @Test
  void aPermitIsRejectedHoweverSoonTheUpstreamSawIt() {
    called("agent", ACKNOWLEDGED + 1, true);
    seen(ACKNOWLEDGED + 2);

    isRejected();
  }

  @Test
  void anActUnderAnIsolationIsRejected() {
    seen(STANDING);

    isRejected();
  }

  @Test
  void whatTheKernelStillHeldMayArrive() {
    seen(ACKNOWLEDGED + KillHolds.ON_ITS_WAY.toNanos());

    isAccepted();
  }

  @Test
  void aPieceSentBeforeTheAcknowledgementMayPass() {
    history.add(new Chunk("agent", "t", ACKNOWLEDGED - 1));

    isAccepted();
  }

  @Test
  void aPieceSentUnderAnIsolationIsRejected() {
    history.add(new Chunk("agent", "t", ACKNOWLEDGED + 1));

    isRejected();
  }
}
