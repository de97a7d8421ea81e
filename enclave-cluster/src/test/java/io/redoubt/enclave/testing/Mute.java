package io.redoubt.enclave.testing;

import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Stands in front of an actor and lets nothing through to it that is sent here, on demand. */
public final class Mute {
  private final AtomicBoolean on = new AtomicBoolean();

  public <M> Behavior<M> before(Behavior<M> actor) {
    return Behaviors.setup(context -> {
      var inner = context.spawn(actor, "inner");
      return Behaviors.receiveMessage(message -> {
        if (!on.get()) {
          inner.tell(message);
        }
        return Behaviors.same();
      });
    });
  }

  public void on() {
    on.set(true);
  }

  public void off() {
    on.set(false);
  }
}
