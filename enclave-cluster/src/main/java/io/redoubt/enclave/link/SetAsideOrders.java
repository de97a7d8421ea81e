package io.redoubt.enclave.link;

import io.redoubt.agent.AgentKey;
import io.redoubt.link.LinkState;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.singleton.SupersededException;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
 * of its own, also while the control plane is away.
 */
final class SetAsideOrders implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(SetAsideOrders.class);

  /** Beyond that a command waits in its turn, and those that follow with it (G11). */
  private static final int MOST = 1_000;

  private static final int MOST_AT_ONCE = 64;

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
   * Who waits for whom: commands about an agent for each other, the end of one token for nobody.
   *
   * @param token number of the command that ends one; 0: it is about the agent
   */
  private record Lane(AgentKey agent, long token) {}

  /** What waits in a lane; the first is tried. */
  private final class Queue {
    final Deque<SetAside.Order> orders = new ArrayDeque<>();
    final Backoff pauses = new Backoff(config.backoffMin(), config.backoffMax());
    int failures;
    long dueAt = System.nanoTime();

    void next() {
      orders.removeFirst();
      pauses.reset();
      failures = 0;
      dueAt = System.nanoTime();
    }

    void later() {
      dueAt = System.nanoTime() + pauses.next().toNanos();
    }

    boolean has(long number) {
      return orders.stream().anyMatch(order -> order.envelope().number() == number);
    }
  }

  private record Attempt(
      Lane lane, SetAside.Order order, CompletionStage<CommandApplier.Result> outcome) {}

  private final LinkConfig config;
  private final EnclaveId enclave;
  private final SetAside store;
  private final LinkState state;
  private final Applier applier;
  private final Reports reports;
  private final Listener listener;
  private final InstantSource clock;

  /** Changed under this object's monitor, as what is kept is; read by whoever wants to know. */
  private final Map<Lane, Queue> lanes = new ConcurrentHashMap<>();

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
      InstantSource clock) {
    this.config = config;
    this.enclave = config.enclave();
    this.store = store;
    this.state = state;
    this.applier = applier;
    this.reports = reports;
    this.listener = listener;
    this.clock = clock;
  }

  /** How many there are. */
  int size() {
    return size.get();
  }

  /** Reads what was set aside before, the first time: until then nothing may be carried out. */
  synchronized void load() throws InterruptedException, TimeoutException {
    if (loaded) {
      return;
    }
    for (SetAside.Order order : Waiting.on(store.first(MOST))) {
      Lane lane = lane(order.envelope());
      if (lane != null && order.envelope().enclaveId().equals(enclave)) {
        enqueue(lane, order);
      }
    }
    if (size() > 0) {
      LOG.warn("{} commands are set aside, and tried again", size());
    }
    loaded = true;
  }

  /** Whether the command is set aside, or one about its agent that was said before it. */
  boolean holds(CommandEnvelope envelope) {
    Lane lane = lane(envelope);
    return lane != null && lanes.containsKey(lane);
  }

  /**
   * Sets a command about an agent aside; the same once more changes nothing.
   *
   * @throws CommandApplier.LaterException where as many are as may be
   */
  synchronized void add(CommandEnvelope envelope) throws InterruptedException, TimeoutException {
    Lane lane = Objects.requireNonNull(lane(envelope), "about no agent");
    Queue queue = lanes.get(lane);
    if (queue != null && queue.has(envelope.number())) {
      return;
    }
    if (size() >= MOST) {
      throw new CommandApplier.LaterException("as many commands as may be are set aside");
    }
    var order = new SetAside.Order(envelope, clock.instant());
    doubtful = envelope;
    Waiting.on(store.add(order));
    doubtful = null;
    enqueue(lane, order);
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
      Waiting.on(store.done(envelope));
      doubtful = null;
    }
  }

  private void enqueue(Lane lane, SetAside.Order order) {
    lanes.computeIfAbsent(lane, _ -> new Queue()).orders.addLast(order);
    size.incrementAndGet();
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
        // All at once: one that takes its time to fail keeps no other waiting.
        for (Attempt attempt : awaitDue().stream().map(this::begin).toList()) {
          conclude(attempt);
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

  private record Due(Lane lane, SetAside.Order order) {}

  private synchronized List<Due> awaitDue() throws InterruptedException {
    while (true) {
      var due = new ArrayList<Due>();
      long now = System.nanoTime();
      long soonest = Long.MAX_VALUE;
      for (var each : lanes.entrySet()) {
        long left = each.getValue().dueAt - now;
        if (left > 0) {
          soonest = Math.min(soonest, left);
        } else if (due.size() < MOST_AT_ONCE) {
          due.add(new Due(each.getKey(), each.getValue().orders.getFirst()));
        }
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
      outcome = applier.apply(due.order().envelope());
    } catch (RuntimeException e) {
      outcome = CompletableFuture.failedFuture(e);
    }
    return new Attempt(due.lane(), due.order(), outcome);
  }

  /**
   * Told before it is forgotten: after a crash in between, it is carried out and told once more.
   */
  private void conclude(Attempt attempt) throws InterruptedException {
    var envelope = attempt.order().envelope();
    try {
      tell(envelope, outcome(attempt));
      over(attempt);
      LOG.info(
          "Command {}, which was set aside at {}, is dealt with",
          envelope.number(),
          attempt.order().since());
    } catch (SupersededException e) {
      throw e;
    } catch (IOException | TimeoutException | RuntimeException e) {
      LOG.warn(
          "Command {}, which was set aside at {}, has to wait: {}",
          envelope.number(),
          attempt.order().since(),
          e.toString());
      later(attempt.lane());
    }
  }

  /** A command that stops nobody is given up as it would have been in its turn. */
  private CommandApplier.Result outcome(Attempt attempt)
      throws InterruptedException, TimeoutException {
    try {
      return Waiting.on(attempt.outcome());
    } catch (SupersededException _) {
      // Fails where another node has the link. Where none has, it comes too late for the agent.
      Waiting.on(state.load());
      return new CommandApplier.Rejected("superseded");
    } catch (RuntimeException e) {
      if (Waiting.passesByItself(e)
          || CommandApplier.stops(attempt.order().envelope().command())
          || !failsOnceMore(attempt.lane())) {
        throw e;
      }
      LOG.error("Command {} fails", attempt.order().envelope().number(), e);
      return new CommandApplier.Rejected("fails in this enclave; its log says why");
    }
  }

  /** Whether that is as often as it is tried. */
  private synchronized boolean failsOnceMore(Lane lane) {
    Queue queue = lanes.get(lane);
    return queue != null && ++queue.failures >= config.attempts();
  }

  private void tell(CommandEnvelope envelope, CommandApplier.Result result)
      throws IOException, InterruptedException, TimeoutException {
    switch (result) {
      case CommandApplier.Applied _, CommandApplier.Waits _ -> {}
      case CommandApplier.Stopped(var agent, var proof) -> {
        reports.send(List.of(proof));
        listener.stopped(agent);
      }
      case CommandApplier.Voted(var answer) -> reports.send(List.of(answer));
      case CommandApplier.Rejected(var why) -> {
        // Fails where another node has the link by now: it may well have applied the command.
        Waiting.on(state.load());
        LOG.error("Command {} is passed over: {}", envelope.number(), why);
        reports.send(List.of(new LinkReport.Rejected(envelope.number(), why)));
      }
    }
  }

  private synchronized void over(Attempt attempt) throws InterruptedException, TimeoutException {
    Waiting.on(store.done(attempt.order().envelope()));
    Queue queue = Objects.requireNonNull(lanes.get(attempt.lane()));
    queue.next();
    size.decrementAndGet();
    if (queue.orders.isEmpty()) {
      lanes.remove(attempt.lane());
    }
  }

  private synchronized void later(Lane lane) {
    Objects.requireNonNull(lanes.get(lane)).later();
  }
}
