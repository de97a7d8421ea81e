package io.redoubt.enclave.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.testing.BareCluster;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is gone for good starts no more, so it is ended by who is left, however long that takes. */
class DepartedMembersTest {
  private static final UUID GONE = UUID.fromString("00000000-0000-0000-0000-000000000002");
  private static final Duration SHORT = Duration.ofMillis(20);

  private final AtomicInteger giveAwayFails = new AtomicInteger();
  private final AtomicInteger lookFails = new AtomicInteger();
  private final AtomicInteger endFails = new AtomicInteger();
  private final List<UUID> givenAway = new CopyOnWriteArrayList<>();
  private final List<Long> ended = new CopyOnWriteArrayList<>();
  private volatile boolean ownPlace = true;
  private final CompletableFuture<ActorRef<DepartedMembers.Command>> departed =
      new CompletableFuture<>();
  private final BareCluster cluster = new BareCluster(2, this::wire);

  private void wire(ActorContext<Void> context, int number) {
    if (number == 1) {
      departed.complete(
          context.spawn(
              DepartedMembers.create(
                  new DepartedMembers.Steps(this::giveAway, this::abandoned, this::end),
                  new DepartedMembers.Pauses(SHORT, SHORT.multipliedBy(4))),
              "departed-members"));
    }
  }

  private CompletionStage<Boolean> giveAway(UUID session) {
    if (giveAwayFails.getAndDecrement() > 0) {
      return away();
    }
    givenAway.add(session);
    return CompletableFuture.completedFuture(ownPlace);
  }

  private CompletionStage<List<Long>> abandoned() {
    return lookFails.getAndDecrement() > 0
        ? away()
        : CompletableFuture.completedFuture(List.of(7L, 8L));
  }

  private CompletionStage<Integer> end(long incarnation) {
    if (endFails.getAndDecrement() > 0) {
      return away();
    }
    ended.add(incarnation);
    return CompletableFuture.completedFuture(3);
  }

  private static <T> CompletionStage<T> away() {
    return CompletableFuture.failedFuture(new IllegalStateException("the database is away"));
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void aMemberThatIsGoneIsEndedHoweverOftenThatFails() {
    giveAwayFails.set(3);
    endFails.set(5);

    second();

    await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(ended).contains(2L));
    assertThat(givenAway).hasSize(6).containsOnly(GONE);
    assertThat(ended).containsExactly(2L);
  }

  @Test
  void whoHasLostItsOwnPlaceSaysNothingOfOthers() {
    ownPlace = false;

    second();

    await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(givenAway).hasSize(1));
    departed.join().tell(new DepartedMembers.Sweep());
    await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(ended).hasSize(2));
    assertThat(ended).doesNotContain(2L);
  }

  @Test
  void whatWasLeftBeforeThisClusterBeganIsLookedForUntilItIsFound() {
    lookFails.set(2);
    endFails.set(2);

    departed.join().tell(new DepartedMembers.Sweep());

    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(ended).containsExactlyInAnyOrder(7L, 8L));
  }

  private void second() {
    var gone = Cluster.get(cluster.system(2)).selfMember().address();
    Cluster.get(cluster.system(1)).manager().tell(new Down(gone));
  }
}
