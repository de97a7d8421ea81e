package io.redoubt.entity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.Leave;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two members: one answers, the other hears and says nothing. */
class OpenQuestionsTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = cluster
              pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
              pekko.cluster.jmx.multi-mbeans-in-same-jvm = on
              pekko.cluster.down-removal-margin = 1 s
              pekko.cluster.coordinated-shutdown.run-by-jvm-shutdown-hook = off
              """)
          .withFallback(ConfigFactory.load());

  @SuppressWarnings("unchecked")
  private static final EntityTypeKey<ActorRef<String>> TYPE =
      EntityTypeKey.create((Class<ActorRef<String>>) (Class<?>) ActorRef.class, "Answerer");

  private final ActorTestKit staying = ActorTestKit.create("questions", CONFIG);
  private final ActorTestKit going = ActorTestKit.create("questions", CONFIG);
  private final AtomicInteger swallowed = new AtomicInteger();
  private ShardedEntities<ActorRef<String>> entities;

  @BeforeEach
  void join() {
    entities = start(staying, answering());
    join(staying);
    start(going, silent());
    join(going);
  }

  @AfterEach
  void shutDown() {
    going.shutdownTestKit();
    staying.shutdownTestKit();
  }

  @Test
  void whatWasAskedOfAMemberThatIsPutOutFailsSoonAndIsAnsweredElsewhere() throws Exception {
    List<String> unanswered = unanswered();
    List<CompletableFuture<String>> lost = askAll(unanswered);

    Cluster.get(staying.system()).manager().tell(new Down(address(going)));

    for (CompletableFuture<String> each : lost) {
      assertThatThrownBy(() -> each.get(30, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TimeoutException.class)
          .hasMessageContaining("put out");
    }
    for (CompletableFuture<String> again : askAll(unanswered)) {
      assertThat(again.get(30, TimeUnit.SECONDS)).isEqualTo("here");
    }
  }

  @Test
  void aMemberThatLeavesByItselfEndsNoQuestions() throws Exception {
    List<String> unanswered = unanswered();
    List<CompletableFuture<String>> waiting = askAll(unanswered);

    Cluster.get(staying.system()).manager().tell(new Leave(address(going)));
    await().atMost(Duration.ofSeconds(30)).until(() -> Cluster.get(going.system()).isTerminated());

    for (CompletableFuture<String> again : askAll(unanswered)) {
      assertThat(again.get(30, TimeUnit.SECONDS)).isEqualTo("here");
    }
    await()
        .during(Duration.ofSeconds(2))
        .until(() -> waiting.stream().noneMatch(it -> it.isDone()));
  }

  /** Ids of entities that live where nobody answers, each asked once already. */
  private List<String> unanswered() {
    var silent = new ArrayList<String>();
    for (int i = 0; i < 200 && silent.size() < 4; i++) {
      String id = "entity-" + i;
      int before = swallowed.get();
      var answer = entities.<String>ask(id, replyTo -> replyTo).toCompletableFuture();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> answer.isDone() || swallowed.get() > before);
      if (!answer.isDone()) {
        silent.add(id);
      }
    }
    assertThat(silent).hasSize(4);
    return silent;
  }

  private List<CompletableFuture<String>> askAll(List<String> ids) {
    return ids.stream()
        .map(id -> entities.<String>ask(id, replyTo -> replyTo).toCompletableFuture())
        .toList();
  }

  private ShardedEntities<ActorRef<String>> start(
      ActorTestKit kit, Behavior<ActorRef<String>> entity) {
    return ShardedEntities.start(kit.system(), TYPE, config(), stop(kit.system()), _ -> entity);
  }

  private static EntityConfig config() {
    return new EntityConfig(
        LONG, 1_000, LONG, Duration.ofMillis(100), Duration.ofSeconds(1), 100, 2);
  }

  private static Behavior<ActorRef<String>> answering() {
    return entity(asker -> asker.tell("here"));
  }

  private Behavior<ActorRef<String>> silent() {
    return entity(_ -> swallowed.incrementAndGet());
  }

  private static Behavior<ActorRef<String>> entity(Consumer<ActorRef<String>> asked) {
    return Behaviors.receive((context, asker) -> {
      if (asker.equals(stop(context.getSystem()))) {
        return Behaviors.stopped();
      }
      asked.accept(asker);
      return Behaviors.same();
    });
  }

  private static ActorRef<String> stop(ActorSystem<?> system) {
    return system.ignoreRef();
  }

  private void join(ActorTestKit kit) {
    var cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(address(staying)));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> cluster.selfMember().status().equals(MemberStatus.up()));
  }

  private static Address address(ActorTestKit kit) {
    ActorSystem<?> system = kit.system();
    return Cluster.get(system).selfMember().address();
  }
}
