package io.redoubt.enclave.singleton;

import io.redoubt.singleton.Singleton;
import io.redoubt.singleton.Singletons;
import io.redoubt.singleton.SupersededException;
import io.redoubt.singleton.Tenure;
import java.time.Duration;
import java.util.function.Function;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins a tenure and then becomes the work, which writes in its name. What is said meanwhile
 * waits. Work that finds itself superseded throws {@link SupersededException}: this node has slept,
 * and the cluster is about to put it out. Should that not happen, it takes the singleton back after
 * a while.
 */
public final class Held extends AbstractBehavior<Object> {
  private static final Logger LOG = LoggerFactory.getLogger(Held.class);
  private static final int MOST_WAITING = 1_000;

  private record Taken(Tenure tenure) {}

  private record NotTaken(Throwable why) {}

  private record Again() {}

  /**
   * How long a holder pauses before it takes the singleton again.
   *
   * @param untaken where the database did not answer
   * @param failed the first time that the work failed; doubling, up to {@code superseded}
   * @param superseded where somebody else has it
   */
  public record Pauses(Duration untaken, Duration failed, Duration superseded) {
    public static final Pauses USUAL =
        new Pauses(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofMinutes(1));
  }

  private final Singletons singletons;
  private final Singleton singleton;
  private final String node;
  private final Pauses pauses;
  private final Function<Tenure, Behavior<Object>> work;
  private final TimerScheduler<Object> timers;
  private final StashBuffer<Object> waiting;

  private Held(
      ActorContext<Object> context,
      TimerScheduler<Object> timers,
      StashBuffer<Object> waiting,
      Singletons singletons,
      Singleton singleton,
      String node,
      Pauses pauses,
      Function<Tenure, Behavior<Object>> work) {
    super(context);
    this.timers = timers;
    this.waiting = waiting;
    this.singletons = singletons;
    this.singleton = singleton;
    this.node = node;
    this.pauses = pauses;
    this.work = work;
    take();
  }

  /** The singleton's behavior. */
  public static <C> Behavior<C> create(
      Singletons singletons,
      Singleton singleton,
      String node,
      Pauses pauses,
      Function<Tenure, Behavior<C>> work) {
    Behavior<Object> taking =
        Behaviors.setup(context ->
            Behaviors.withTimers(timers ->
                Behaviors.withStash(
                    MOST_WAITING,
                    waiting ->
                        new Held(
                            context,
                            timers,
                            waiting,
                            singletons,
                            singleton,
                            node,
                            pauses,
                            tenure -> work.apply(tenure).unsafeCast()))));
    var supervised =
        Behaviors.supervise(
                Behaviors.supervise(taking)
                    .onFailure(
                        SupersededException.class,
                        SupervisorStrategy.restartWithBackoff(
                            pauses.superseded(), pauses.superseded(), 0.2)))
            .onFailure(
                Exception.class,
                SupervisorStrategy.restartWithBackoff(pauses.failed(), pauses.superseded(), 0.2));
    return supervised.narrow();
  }

  @Override
  public Receive<Object> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::onMessage).build();
  }

  private Behavior<Object> onMessage(Object message) {
    switch (message) {
      case Taken(var tenure) -> {
        LOG.info("This node has the {}, epoch {}", singleton.wire(), tenure.epoch());
        return waiting.unstashAll(work.apply(tenure));
      }
      case NotTaken(var why) -> {
        LOG.warn("The {} cannot be taken for now: {}", singleton.wire(), why.toString());
        timers.startSingleTimer(new Again(), pauses.untaken());
      }
      case Again _ -> take();
      default -> {
        if (!waiting.isFull()) {
          waiting.stash(message);
        }
      }
    }
    return this;
  }

  private void take() {
    getContext()
        .pipeToSelf(
            singletons.take(singleton, node),
            (tenure, failure) ->
                failure == null && tenure != null
                    ? new Taken(tenure)
                    : new NotTaken(
                        failure == null ? new IllegalStateException("no tenure") : failure));
  }
}
