package io.redoubt.enclave.kill;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.lease.Ledger;
import io.redoubt.enclave.lease.News;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StopsTest {
  private final AtomicInteger underWay = new AtomicInteger(3);
  private final Stops stops =
      new Stops(_ -> underWay.getAndSet(0), new Ledger(10, System::nanoTime));
  private final AgentKey agent =
      new AgentKey(new OrganizationId(new UUID(1, 1)), new AgentId(new UUID(2, 2)));
  private final News.Stopped stop = new News.Stopped(agent, new UUID(3, 3));

  @Test
  void whoIsToldSaysHowMuchItCut() {
    assertThat(stops.told(stop)).isEqualTo(3);
    assertThat(stops.told(stop)).isZero();
  }

  @Test
  void whatWasCutWhenItWasHeardFirstIsCounted() {
    stops.heard(stop);
    underWay.set(1);

    assertThat(stops.told(stop)).isEqualTo(4);
  }

  /** The agent may have been released since, and be at work again. */
  @Test
  void aStopThatIsCarriedOutIsNotCarriedOutAgainWhenOthersTellOfIt() {
    stops.told(stop);
    underWay.set(2);

    stops.heard(stop);

    assertThat(underWay).hasValue(2);
    stops.heard(new News.Stopped(agent, new UUID(3, 4)));
    assertThat(underWay).as("another stop").hasValue(0);
  }
}
