package io.redoubt.enclave.revocation;

import io.redoubt.ClusterMessage;
import io.redoubt.revocation.Revocation;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.pubsub.Topic;

/** Carries revocations from the node that makes them to all nodes. */
public final class RevocationChannel {
  private static final String NAME = "revocations";

  private RevocationChannel() {}

  /** A revocation under way between nodes. */
  public record Announced(Revocation revocation) implements ClusterMessage {}

  /** The topic; every node spawns one. */
  public static Behavior<Topic.Command<Announced>> topic() {
    return Topic.create(Announced.class, NAME);
  }

  /** Hands on to {@code apply} what any node announces. */
  public static Behavior<Announced> listener(Consumer<Revocation> apply) {
    return Behaviors.receiveMessage(announced -> {
      apply.accept(announced.revocation());
      return Behaviors.same();
    });
  }

  /** Announces to all nodes, this one included. */
  public static Consumer<Revocation> announcer(ActorRef<Topic.Command<Announced>> topic) {
    return revocation -> topic.tell(Topic.publish(new Announced(revocation)));
  }
}
