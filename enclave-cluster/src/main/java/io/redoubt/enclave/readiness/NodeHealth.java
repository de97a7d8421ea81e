package io.redoubt.enclave.readiness;

import io.redoubt.ClusterMessage;
import io.redoubt.http.HealthReport;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/** One on every node: says how ready that is, so that any node can tell it of all. */
public final class NodeHealth {
  /** As which it is spawned under the root actor of every node. */
  public static final String NAME = "node-health";

  private NodeHealth() {}

  /** What a node is asked. */
  public sealed interface Command {}

  /** How it is just now. */
  public record Ask(ActorRef<Health> replyTo) implements Command, ClusterMessage {}

  /** It has looked; null: that failed. Its own word to itself. */
  record Looked(@Nullable HealthReport report, ActorRef<Health> replyTo) implements Command {}

  /**
   * What a node answers.
   *
   * @param missing what it is not ready for the lack of, as {@code /ready} names it
   */
  public record Health(boolean ready, List<String> missing) implements ClusterMessage {
    public Health {
      missing = List.copyOf(missing);
    }

    private static Health of(@Nullable HealthReport report) {
      return report == null
          ? new Health(false, List.of())
          : new Health(report.ready(), Readiness.missing(report));
    }
  }

  public static Behavior<Command> create(Supplier<CompletionStage<HealthReport>> readiness) {
    return Behaviors.receive((context, command) -> {
      switch (command) {
        case Ask(var replyTo) ->
            context.pipeToSelf(readiness.get(), (report, _) -> new Looked(report, replyTo));
        case Looked(var report, var replyTo) -> replyTo.tell(Health.of(report));
      }
      return Behaviors.same();
    });
  }
}
