package io.redoubt.enclave.singleton;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.singleton.Singleton;
import io.redoubt.singleton.Singletons;
import io.redoubt.singleton.SupersededException;
import io.redoubt.singleton.Tenure;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Fail-over of what an enclave has one of, as far as it is not the database's. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HeldTest {
  private static final Duration SOON = Duration.ofMillis(10);
  private static final Held.Pauses PATIENT = new Held.Pauses(SOON, SOON, Duration.ofHours(1));
  private static final Held.Pauses IMPATIENT = new Held.Pauses(SOON, SOON, SOON);

  private final ActorTestKit kit = ActorTestKit.create();
  private final TestProbe<String> seen = kit.createTestProbe();
  private final Epochs epochs = new Epochs();

  /** Counts as the database does; answers may be prepared. */
  private static final class Epochs implements Singletons {
    private final Deque<CompletableFuture<Tenure>> prepared = new ArrayDeque<>();
    private long epoch;

    @Override
    public synchronized CompletionStage<Tenure> take(Singleton singleton, String node) {
      var answer = prepared.poll();
      return answer == null ? CompletableFuture.completedFuture(next()) : answer;
    }

    @Override
    public CompletionStage<Map<Singleton, String>> holders() {
      throw new UnsupportedOperationException("nobody asks");
    }

    synchronized CompletableFuture<Tenure> prepare() {
      var answer = new CompletableFuture<Tenure>();
      prepared.add(answer);
      return answer;
    }

    synchronized Tenure next() {
      return new Tenure(Singleton.KEY_JANITOR, ++epoch);
    }

    synchronized boolean stands(Tenure tenure) {
      return tenure.epoch() == epoch;
    }
  }

  @AfterAll
  void shutDown() {
    kit.shutdownTestKit();
  }

  /** Writes what it is told, if its tenure stands. */
  private Behavior<String> work(Tenure tenure) {
    return Behaviors.receive(String.class)
        .onMessage(
            String.class,
            text -> {
              if (text.equals("stumble")) {
                throw new IllegalStateException("stumbled");
              }
              if (!epochs.stands(tenure)) {
                seen.ref().tell("superseded " + tenure.epoch());
                throw new SupersededException("epoch " + tenure.epoch());
              }
              seen.ref().tell(text + " in " + tenure.epoch());
              return Behaviors.same();
            })
        .build();
  }

  private ActorRef<String> node() {
    return node(PATIENT);
  }

  private ActorRef<String> node(Held.Pauses pauses) {
    return kit.spawn(Held.create(epochs, Singleton.KEY_JANITOR, "node-1", pauses, this::work));
  }

  @Test
  void whatIsSaidBeforeTheTenureWaitsForIt() {
    var answer = epochs.prepare();
    var node = node();
    node.tell("first");
    node.tell("second");
    seen.expectNoMessage(Duration.ofMillis(50));

    answer.complete(epochs.next());

    var both = List.of(seen.receiveMessage(), seen.receiveMessage());
    assertThat(both)
        .map(text -> text.substring(0, text.indexOf(' ')))
        .containsExactly("first", "second");
  }

  @Test
  void aDatabaseThatIsAwayIsAskedAgain() {
    epochs.prepare().completeExceptionally(new IllegalStateException("away"));
    var node = node();

    node.tell("hello");

    assertThat(seen.receiveMessage()).startsWith("hello in ");
  }

  @Test
  void workThatFailsBeginsANewTenure() {
    var node = node();
    node.tell("before");
    long first = epoch(seen.receiveMessage());

    node.tell("stumble");
    node.tell("after");

    assertThat(epoch(seen.receiveMessage())).isGreaterThan(first);
  }

  /** One that was paused wakes up beside its successor. */
  @Test
  void aPausedHolderWritesNothingOnceAnotherHasTakenOver() {
    var old = node();
    old.tell("a");
    long first = epoch(seen.receiveMessage());
    var successor = node();
    successor.tell("b");
    long second = epoch(seen.receiveMessage());
    assertThat(second).isGreaterThan(first);

    old.tell("c");

    assertThat(seen.receiveMessage()).isEqualTo("superseded " + first);
    old.tell("d");
    seen.expectNoMessage(Duration.ofMillis(200));
    successor.tell("e");
    assertThat(seen.receiveMessage()).as("left alone").isEqualTo("e in " + second);
  }

  /** Nobody put the node out, so it is the cluster's choice after all. */
  @Test
  void whoWasSupersededTakesItBackAfterAWhile() {
    var node = node(IMPATIENT);
    node.tell("a");
    long first = epoch(seen.receiveMessage());
    long another = epochs.next().epoch();
    node.tell("b");
    assertThat(seen.receiveMessage()).isEqualTo("superseded " + first);

    node.tell("c");

    assertThat(epoch(seen.receiveMessage())).isGreaterThan(another);
  }

  private static long epoch(String text) {
    return Long.parseLong(text.substring(text.lastIndexOf(' ') + 1));
  }
}
