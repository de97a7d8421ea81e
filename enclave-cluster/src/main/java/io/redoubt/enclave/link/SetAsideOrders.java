package io.redoubt.enclave.link;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.link.SetAsideQueue.Ended;
import io.redoubt.enclave.link.SetAsideQueue.Task;
import io.redoubt.link.LinkState;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.singleton.SupersededException;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Orders to stop an agent that fail, and what is said of the agent after them: set aside, so that
 * nobody else's commands wait for them, and tried again until they are carried out (G3). Every
 * attempt cuts what the agent has under way. For the agent itself the order stays. Runs on a thread
 * of its own, also while the control plane is away: what came of them is told until it is heard,
 * and is not done again for that.
 */
final class SetAsideOrders implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(SetAsideOrders.class);

  /** Beyond that a command waits in its turn, and those that follow with it (G11). */
  private static final int MOST = 1_000;

  private static final int MOST_AT_ONCE = 64;

  private static final String UNREAD = "this release cannot read the command";

  /** Carries a command out. */
  @FunctionalInterface
  interface Applier {
    CompletionStage<CommandApplier.Result> apply(CommandEnvelope envelope);
  }

  /** Tells the control plane. */
  @FunctionalInterface
  interface Reports {
    void send(List<LinkReport> reports) throws IOException, InterruptedException;
  }

  /** Hears what came of them. */
  interface Listener {
    void stopped(AgentKey agent);

    /** Another node has the link; nothing more comes from here. */
    void superseded(String why);
  }

  /**
   * Who waits for whom: commands about an agent for each other; and for nobody the end of one
   * token, and what is over but for its telling.
   *
   * @param agent null: it is not known whom it is about
   * @param alone number of the command that nobody waits for; 0: it is about the agent
   */
  private record Lane(@Nullable AgentKey agent, long alone) {}

  /**
   * What is to be done now with the first of a lane.
   *
   * @param ended what came of it, to be told; null: it is to be carried out
   */
  private record Due(Lane lane, Task task, @Nullable Ended ended) {}

  private record Attempt(Due due, CompletionStage<CommandApplier.Result> outcome) {}

  private final LinkConfig config;
  private final EnclaveId enclave;
  private final SetAside store;
  private final LinkState state;
  private final Applier applier;
  private final Reports reports;
  private final Listener listener;
  private final Counter unreadable;
  private final InstantSource clock;

  /** Changed under this object's monitor, as what is kept is; read by whoever wants to know. */
  private final Map<Lane, SetAsideQueue> lanes = new ConcurrentHashMap<>();

  private boolean loaded;
  private final AtomicInteger size = new AtomicInteger();

  /** What was to be kept, and nobody knows whether it was. */
  private @Nullable CommandEnvelope doubtful;

  SetAsideOrders(
      LinkConfig config,
      SetAside store,
      LinkState state,
      Applier applier,
      Reports reports,
      Listener listener,
      MeterRegistry metrics,
      InstantSource clock) {
    this.config = config;
    this.enclave = config.enclave();
    this.store = store;
    this.state = state;
    this.applier = applier;
    this.reports = reports;
    this.listener = listener;
    this.unreadable = metrics.counter("redoubt.link.set.aside.unreadable");
    this.clock = clock;
  }

  /** How many there are, those among them that are over and not told. */
  int size() {
    return size.get();
  }

  /** Reads what was set aside before, the first time: until then nothing may be carried out. */
  synchronized void load() throws InterruptedException, TimeoutException {
    if (loaded) {
      return;
    }
    for (SetAside.Row row : Waiting.on(store.first(MOST))) {
      switch (KeptOrder.read(row.envelope(), enclave)) {
        case KeptOrder.Legible(var envelope) ->
            enqueue(
                Objects.requireNonNull(lane(envelope), "about no agent"),
                Task.of(new SetAside.Order(envelope, row.since())));
        case KeptOrder.Unreadable it -> enqueueUnreadable(it, row.since());
        case KeptOrder.Unknown _ -> {
          // It stays where it is, and counts: whoever it is about, nobody else can tell either.
          unreadable.increment();
          size.incrementAndGet();
          LOG.error(
              "A command that was set aside at {} cannot be read by this release, nor whose it is",
              row.since());
        }
        case KeptOrder.Foreign _ -> {}
      }
    }
    if (size() > 0) {
      LOG.warn("{} commands are set aside, and tried again", size());
    }
    loaded = true;
  }

  /**
   * It may be an order to stop its agent, so that agent is isolated in its place, in its turn (G3,
   * G5). As in any other turn the control plane hears that a command cannot be read.
   */
  private void enqueueUnreadable(KeptOrder.Unreadable it, Instant since) {
    unreadable.increment();
    var agent = it.agent();
    if (agent == null) {
      LOG.error(
          "Command {} of {}, set aside at {}, cannot be read by this release, nor whom it is about",
          it.number(),
          it.organization(),
          since);
      var lane = new Lane(null, it.number());
      var task = new Task(it.organization(), it.number(), since, null, UNREAD);
      enqueue(lane, task).ended(task.rejectedFor(UNREAD + ", nor whom it is about"));
      return;
    }
    LOG.error(
        "Command {} about {} of {}, set aside at {}, cannot be read by this release: isolating the"
            + " agent in its place",
        it.number(),
        agent,
        it.organization(),
        since);
    var isolation = IsolationId.ofUnread(enclave, it.number(), since);
    enqueue(
        new Lane(new AgentKey(it.organization(), agent), 0),
        new Task(
            it.organization(),
            it.number(),
            since,
            new CommandEnvelope(
                enclave,
                it.number(),
                it.organization(),
                since,
                new LinkCommand.Isolate(agent, isolation, UNREAD, "enclave")),
            UNREAD + "; in its place its agent is isolated, by " + isolation));
  }

  /** Whether the command is set aside, or one about its agent that was said before it. */
  boolean holds(CommandEnvelope envelope) {
    Lane lane = lane(envelope);
    return lane != null
        && (lanes.containsKey(lane)
            || lanes.containsKey(new Lane(lane.agent(), envelope.number())));
  }

  /** Whether something that was said about the agent is not carried out yet, or not told. */
  boolean holds(AgentKey agent) {
    return lanes.containsKey(new Lane(agent, 0));
  }

  /**
   * Sets a command about an agent aside; the same once more changes nothing.
   *
   * @throws CommandApplier.LaterException where as many are as may be
   */
  synchronized void add(CommandEnvelope envelope) throws InterruptedException, TimeoutException {
    Lane lane = Objects.requireNonNull(lane(envelope), "about no agent");
    SetAsideQueue queue = lanes.get(lane);
    if (lanes.containsKey(new Lane(lane.agent(), envelope.number()))
        || (queue != null && queue.has(envelope.number()))) {
      return;
    }
    if (size() >= MOST) {
      throw new CommandApplier.LaterException("as many commands as may be are set aside");
    }
    var order = new SetAside.Order(envelope, clock.instant());
    doubtful = envelope;
    Waiting.on(store.add(order));
    doubtful = null;
    enqueue(lane, Task.of(order));
    notifyAll();
    LOG.error(
        "Command {} about {} is set aside: what is said of others goes on",
        envelope.number(),
        lane.agent());
  }

  /** It was carried out in its turn after all: where it may be kept all the same, it goes. */
  synchronized void forget(CommandEnvelope envelope) throws InterruptedException, TimeoutException {
    CommandEnvelope asked = doubtful;
    if (asked != null && asked.number() == envelope.number()) {
      Waiting.on(store.done(envelope.organizationId(), envelope.number()));
      doubtful = null;
    }
  }

  private SetAsideQueue enqueue(Lane lane, Task task) {
    SetAsideQueue queue = lanes.computeIfAbsent(lane, _ -> new SetAsideQueue(config));
    queue.add(task);
    size.incrementAndGet();
    return queue;
  }

  /** Null: it is about no agent, and so waits for none. */
  private static @Nullable Lane lane(CommandEnvelope envelope) {
    var agent = Backlog.agent(envelope.command());
    return agent == null
        ? null
        : new Lane(
            new AgentKey(envelope.organizationId(), agent),
            envelope.command() instanceof LinkCommand.RevokeToken ? envelope.number() : 0);
  }

  @Override
  public void run() {
    try {
      awaitLoaded();
      while (!Thread.currentThread().isInterrupted()) {
        List<Due> due = awaitDue();
        // All at once: one that takes its time to fail keeps no other waiting.
        List<Attempt> attempts =
            due.stream().filter(it -> it.ended() == null).map(this::begin).toList();
        for (Attempt attempt : attempts) {
          conclude(attempt);
        }
        for (Due it : due) {
          Ended ended = it.ended();
          if (ended != null) {
            tell(it, ended);
          }
        }
      }
    } catch (SupersededException e) {
      listener.superseded(String.valueOf(e.getMessage()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitLoaded() throws InterruptedException {
    var backoff = new Backoff(config.backoffMin(), config.backoffMax());
    while (true) {
      try {
        load();
        return;
      } catch (SupersededException e) {
        throw e;
      } catch (TimeoutException | RuntimeException e) {
        LOG.warn("Commands that were set aside cannot be read yet: {}", e.toString());
      }
      backoff.pause();
    }
  }

  /**
   * What is to be carried out, and of what is to be told the one that has waited longest: while the
   * control plane takes its time to answer, or does not, stops go on.
   */
  private synchronized List<Due> awaitDue() throws InterruptedException {
    while (true) {
      var due = new ArrayList<Due>();
      @Nullable Due toTell = null;
      long longest = 1;
      long now = System.nanoTime();
      long soonest = Long.MAX_VALUE;
      for (var each : lanes.entrySet()) {
        SetAsideQueue queue = each.getValue();
        long left = queue.dueIn(now);
        Ended ended = queue.ended();
        if (left > 0) {
          soonest = Math.min(soonest, left);
        } else if (ended == null) {
          if (due.size() < MOST_AT_ONCE) {
            due.add(new Due(each.getKey(), queue.first(), null));
          }
        } else if (left < longest) {
          longest = left;
          toTell = new Due(each.getKey(), queue.first(), ended);
        }
      }
      if (toTell != null) {
        due.add(toTell);
      }
      if (!due.isEmpty()) {
        return due;
      }
      wait(lanes.isEmpty() ? 0 : Math.max(1, soonest / 1_000_000));
    }
  }

  private Attempt begin(Due due) {
    CompletionStage<CommandApplier.Result> outcome;
    try {
      outcome = applier.apply(Objects.requireNonNull(due.task().envelope()));
    } catch (RuntimeException e) {
      outcome = CompletableFuture.failedFuture(e);
    }
    return new Attempt(due, outcome);
  }

  private void conclude(Attempt attempt) throws InterruptedException {
    Due due = attempt.due();
    Task task = due.task();
    try {
      Ended ended = task.ended(outcome(attempt));
      if (ended.rejects()) {
        LOG.error("Command {} is passed over: {}", task.number(), ended.untold());
      } else {
        LOG.info(
            "Command {}, which was set aside at {}, is carried out", task.number(), task.since());
      }
      ended(due.lane(), ended);
    } catch (SupersededException e) {
      throw e;
    } catch (TimeoutException | RuntimeException e) {
      LOG.warn(
          "Command {}, which was set aside at {}, has to wait: {}",
          task.number(),
          task.since(),
          e.toString());
      later(due.lane());
    }
  }

  /** A command that stops nobody is given up as it would have been in its turn. */
  private CommandApplier.Result outcome(Attempt attempt)
      throws InterruptedException, TimeoutException {
    Due due = attempt.due();
    try {
      return Waiting.on(attempt.outcome());
    } catch (SupersededException _) {
      // Fails where another node has the link. Where none has, it comes too late for the agent.
      Waiting.on(state.load());
      return new CommandApplier.Rejected("superseded");
    } catch (RuntimeException e) {
      if (Waiting.passesByItself(e) || due.task().stops() || !failsOnceMore(due.lane())) {
        throw e;
      }
      LOG.error("Command {} fails", due.task().number(), e);
      return new CommandApplier.Rejected("fails in this enclave; its log says why");
    }
  }

  /**
   * Told before it is forgotten: after a crash in between, it is carried out and told once more.
   * Until then it is carried out once, however often it cannot be told.
   */
  private void tell(Due due, Ended ended) throws InterruptedException {
    Task task = due.task();
    try {
      if (!ended.untold().isEmpty()) {
        if (ended.rejects()) {
          // Fails where another node has the link by now: it may well have applied the command.
          Waiting.on(state.load());
        }
        reports.send(ended.untold());
        AgentKey changed = ended.changed();
        if (changed != null) {
          listener.stopped(changed);
        }
        ended(due.lane(), ended.told());
      }
      over(due);
    } catch (SupersededException e) {
      throw e;
    } catch (IOException | TimeoutException | RuntimeException e) {
      LOG.warn(
          "What came of command {}, set aside at {}, cannot be told and forgotten yet: {}",
          task.number(),
          task.since(),
          e.toString());
      tellLater(due.lane());
    }
  }

  private synchronized void ended(Lane lane, Ended ended) {
    queue(lane).ended(ended);
  }

  private synchronized void over(Due due) throws InterruptedException, TimeoutException {
    Waiting.on(store.done(due.task().organization(), due.task().number()));
    next(due.lane());
    size.decrementAndGet();
  }

  private synchronized void later(Lane lane) {
    queue(lane).later();
  }

  /** Whether that is as often as it is tried. */
  private synchronized boolean failsOnceMore(Lane lane) {
    return queue(lane).failsOnceMore() >= config.attempts();
  }

  /** Beside those that may go on without it, where they may. */
  private synchronized void tellLater(Lane lane) {
    SetAsideQueue queue = queue(lane);
    Ended ended = queue.ended();
    if (ended != null && lane.alone() == 0 && !queue.waitsToBeTold()) {
      var beside = new SetAsideQueue(config);
      beside.add(queue.first());
      beside.ended(ended);
      beside.later();
      // In this order: who looks finds it in either place.
      lanes.put(new Lane(lane.agent(), queue.first().number()), beside);
      next(lane);
    } else {
      queue.later();
    }
  }

  private void next(Lane lane) {
    SetAsideQueue queue = queue(lane);
    queue.next();
    if (queue.isEmpty()) {
      lanes.remove(lane);
    }
  }

  private SetAsideQueue queue(Lane lane) {
    return Objects.requireNonNull(lanes.get(lane), "nobody else ends a lane");
  }
}
