package io.redoubt.entity;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;

/**
 * Questions to entities that wait for their answers. What was asked of a member in the moment
 * before it was put out is lost with it, and nobody tells who asked: it would wait for its whole
 * time-out, which is longer than it takes others to do that member's work. So whatever is open then
 * has a moment more, and fails as if its time were over.
 *
 * <p>Where an entity lives is known to the shard region alone, so this ends questions to others,
 * too, if they are that slow. A time-out says nothing but that there was no answer, which holds for
 * them.
 */
final class OpenQuestions {
  /** Until this node sends nothing to the removed member any more. */
  private static final Duration FORGETTING = Duration.ofMillis(500);

  /** For answers that are on their way. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final Set<Question<?>> open = ConcurrentHashMap.newKeySet();

  private OpenQuestions() {}

  /** {@code name} is unique in the actor system. */
  static OpenQuestions in(ActorSystem<?> system, String name) {
    var questions = new OpenQuestions();
    var _ = system.systemActorOf(questions.watch(), "open-questions-" + name, Props.empty());
    return questions;
  }

  /**
   * What is done with the answer runs on the thread that brings it: the stage that Pekko makes
   * would hand every step of it to the common pool, which costs more than the steps.
   */
  <R> CompletionStage<R> answer(Future<R> asked) {
    var question = new Question<R>();
    open.add(question);
    asked.onComplete(
        result -> {
          open.remove(question);
          return result.isSuccess()
              ? question.answer.complete(result.get())
              : question.answer.completeExceptionally(result.failed().get());
        },
        ExecutionContext.parasitic$.MODULE$);
    return question.answer;
  }

  /** Each is itself alone. */
  private static final class Question<R> {
    final CompletableFuture<R> answer = new CompletableFuture<>();

    void end(String member) {
      answer.completeExceptionally(
          new TimeoutException("no answer, and " + member + " was put out of the cluster"));
    }
  }

  private sealed interface Message {}

  private record Removed(MemberRemoved event) implements Message {}

  private record Forgotten(String member) implements Message {}

  private record Over(String member, List<Question<?>> asked) implements Message {}

  private Behavior<Message> watch() {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          var events = context.messageAdapter(MemberRemoved.class, Removed::new);
          Cluster.get(context.getSystem())
              .subscriptions()
              .tell(Subscribe.create(events, MemberRemoved.class));
          return Behaviors.receive(Message.class)
              .onMessage(
                  Removed.class,
                  removed -> {
                    // Who leaves has handed over what it had.
                    if (removed.event().previousStatus().equals(MemberStatus.down())) {
                      String member = removed.event().member().uniqueAddress().toString();
                      timers.startSingleTimer(new Forgotten(member), FORGETTING);
                    }
                    return Behaviors.same();
                  })
              .onMessage(
                  Forgotten.class,
                  forgotten -> {
                    var over = new Over(forgotten.member(), List.copyOf(open));
                    timers.startSingleTimer(over, GRACE);
                    return Behaviors.same();
                  })
              .onMessage(
                  Over.class,
                  over -> {
                    over.asked().forEach(asked -> asked.end(over.member()));
                    return Behaviors.same();
                  })
              .build();
        }));
  }
}
