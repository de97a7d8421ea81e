package io.redoubt.proxy.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.agent.AgentKey;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import java.util.ArrayList;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LiveStreamsTest {
  private static final OrganizationId ORGANIZATION = new OrganizationId(new UUID(1, 1));
  private static final AgentKey ANN = new AgentKey(ORGANIZATION, new AgentId(new UUID(2, 1)));
  private static final AgentKey BOB = new AgentKey(ORGANIZATION, new AgentId(new UUID(2, 2)));
  private static final FamilyId ONE = new FamilyId(new UUID(3, 1));
  private static final FamilyId TWO = new FamilyId(new UUID(3, 2));

  private final AtomicBoolean lease = new AtomicBoolean(true);
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final LiveStreams streams = streams(2, 3);

  private LiveStreams streams(int perAgent, int total) {
    return new LiveStreams(new LiveStreamsConfig(perAgent, total), lease::get, metrics);
  }

  private double counted(String why) {
    return metrics.get("redoubt.llm.streams.cut").tag("why", why).counter().count();
  }

  private LiveStream open(AgentKey agent, FamilyId family) {
    return (LiveStream) streams.register(agent, family, "jti");
  }

  @Test
  void aCutReachesAllOfTheAgentAndNothingElse() {
    var ran = new AtomicInteger();
    var first = open(ANN, ONE);
    first.onCut(_ -> ran.incrementAndGet());
    var second = open(ANN, TWO);
    var other = open(BOB, ONE);

    assertThat(streams.cut(ANN)).isEqualTo(2);

    assertThat(ran).hasValue(1);
    assertThat(first.whyCut()).isEqualTo(Cut.STOPPED);
    assertThat(second.whyCut()).isEqualTo(Cut.STOPPED);
    assertThat(other.whyCut()).isNull();
    assertThat(streams.cut(ANN)).isZero();
  }

  @Test
  void aCutOfAFamilyReachesThatFamily() {
    var first = open(ANN, ONE);
    var second = open(ANN, TWO);

    assertThat(streams.cutFamily(ORGANIZATION, TWO)).isEqualTo(1);

    assertThat(first.whyCut()).isNull();
    assertThat(second.whyCut()).isEqualTo(Cut.STOPPED);
    assertThat(streams.cutFamily(new OrganizationId(new UUID(9, 9)), ONE)).isZero();
  }

  @Test
  void aCutOfATokenReachesWhatRunsOnThatToken() {
    var first = (LiveStream) streams.register(ANN, ONE, "jti-1");
    var second = (LiveStream) streams.register(ANN, ONE, "jti-2");

    assertThat(streams.cutToken(new OrganizationId(new UUID(9, 9)), "jti-2")).isZero();
    assertThat(streams.cutToken(ORGANIZATION, "jti-2")).isEqualTo(1);

    assertThat(first.whyCut()).isNull();
    assertThat(second.whyCut()).isEqualTo(Cut.STOPPED);
  }

  @Test
  void whoComesLateHearsOfTheCutAllTheSame() {
    var stream = open(ANN, ONE);
    streams.cutAll(Cut.NODE_ENDS);
    var ran = new AtomicInteger();

    stream.onCut(_ -> ran.incrementAndGet());

    assertThat(ran).hasValue(1);
  }

  /** An operator is to know how many agents a drain that was too short has cost their reply. */
  @Test
  void eachCutIsCountedOnceByItsReason() {
    open(ANN, ONE);
    open(ANN, TWO);
    streams.cut(ANN);
    var late = open(BOB, ONE);
    streams.cutAll(Cut.NODE_ENDS);
    streams.cutAll(Cut.NODE_ENDS);
    lease.set(false);

    assertThat(late.whyCut()).isEqualTo(Cut.NODE_ENDS);
    assertThat(counted("stopped")).isEqualTo(2);
    assertThat(counted("node_ends")).isEqualTo(1);
    assertThat(counted("lease_lost")).isZero();
  }

  /** Nobody has to come and cut it: a node that was paused finds out by itself. */
  @Test
  void whatAsksWithoutALeaseIsCutAndStaysSo() {
    var stream = open(ANN, ONE);
    var other = open(BOB, ONE);
    var heard = new ArrayList<Cut>();
    stream.onCut(heard::add);
    assertThat(stream.whyCut()).isNull();

    lease.set(false);

    assertThat(stream.whyCut()).isEqualTo(Cut.LEASE_LOST);
    lease.set(true);
    assertThat(stream.whyCut()).isEqualTo(Cut.LEASE_LOST);
    assertThat(heard).containsExactly(Cut.LEASE_LOST);
    assertThat(streams.cut(ANN)).isZero();
    assertThat(other.whyCut()).isNull();
  }

  @Test
  void whatIsOverIsNotCut() {
    var stream = open(ANN, ONE);
    var ran = new AtomicInteger();
    stream.onCut(_ -> ran.incrementAndGet());

    stream.close();
    stream.close();

    assertThat(streams.cut(ANN)).isZero();
    assertThat(ran).hasValue(0);
    assertThat(streams.open()).isZero();
  }

  @Test
  void thereIsALimitForEachAndForAll() {
    open(ANN, ONE);
    var second = open(ANN, ONE);

    assertThat(streams.register(ANN, ONE, "jti")).isEqualTo(Registration.Full.AGENT);
    open(BOB, ONE);
    assertThat(streams.register(BOB, ONE, "jti")).isEqualTo(Registration.Full.NODE);
    assertThat(streams.open()).isEqualTo(3);

    second.close();
    assertThat(streams.register(BOB, ONE, "jti")).isInstanceOf(LiveStream.class);
  }

  @Test
  void underConcurrencyNothingIsLostOrCountedTwice() throws Exception {
    var many = streams(10_000, 100_000);
    var cuts = new AtomicInteger();
    var closed = new AtomicInteger();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var tasks = new ArrayList<java.util.concurrent.Future<?>>();
      for (int i = 0; i < 8; i++) {
        tasks.add(
            threads.submit(() -> {
              for (int n = 0; n < 2000; n++) {
                var stream = (LiveStream) many.register(ANN, ONE, "jti");
                if (n % 3 == 0) {
                  cuts.addAndGet(many.cut(ANN));
                }
                if (stream.whyCut() == null) {
                  closed.incrementAndGet();
                }
                stream.close();
              }
            }));
      }
      for (var task : tasks) {
        task.get();
      }
    }

    assertThat(many.open()).isZero();
    assertThat(cuts.get())
        .isLessThanOrEqualTo(16_000)
        .isGreaterThanOrEqualTo(16_000 - closed.get());
  }
}
