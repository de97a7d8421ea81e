package io.redoubt.enclave.link;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.link.Contact;
import io.redoubt.link.LinkProgress;
import io.redoubt.link.LinkState;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.Heartbeat;
import io.redoubt.protocol.link.Hello;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.SealedBoxes;
import io.redoubt.singleton.SupersededException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One conversation after the other with the control plane: hello, then its commands in order, each
 * applied and then remembered, for ever. Runs on a thread of its own, and carries out on another
 * what it hears, blocking there, since every step waits for the one before. Orders to stop an agent
 * alone do not wait for a bundle that is being made ready: they are carried out at once, and in
 * their turn once more, which is the same as once. Decisions about different approvals do not wait
 * for each other: they are begun at once, and in their turn told and remembered.
 */
final class LinkSession implements Runnable, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LinkSession.class);

  /** Once nothing more is heard. */
  private static final Duration LEFT_TO_CARRY_OUT = Duration.ofSeconds(1);

  /** Hears how the conversation goes. */
  interface Listener {
    void connected(long applied);

    void disconnected();

    void heard(Heartbeat heartbeat);

    void applied(long number, CommandApplier.@Nullable Result result);

    /** Another node has the link; nothing more comes from this session. */
    void superseded(String why);
  }

  /** Who this enclave says it is. */
  record Identity(EnclaveId enclave, String node, String version) {}

  private final LinkConfig config;
  private final LinkClient client;
  private final LinkProgress state;
  private final SetAsideOrders.Applier applier;
  private final SetAsideOrders setAside;
  private final Identity identity;
  private final Listener listener;
  private final InstantSource clock;
  private final Duration clockTolerance;
  private final Backoff backoff;
  private volatile @Nullable ServerSentEvents open;
  private volatile long waitingSince;

  /** By the thread that runs. */
  private @Nullable String told;

  LinkSession(
      LinkConfig config,
      LinkClient client,
      LinkProgress state,
      SetAsideOrders.Applier applier,
      SetAsideOrders setAside,
      Identity identity,
      Listener listener,
      InstantSource clock,
      Duration clockTolerance) {
    this.config = config;
    this.client = client;
    this.state = state;
    this.applier = applier;
    this.setAside = setAside;
    this.identity = identity;
    this.listener = listener;
    this.clock = clock;
    this.clockTolerance = clockTolerance;
    this.backoff = new Backoff(config.backoffMin(), config.backoffMax());
  }

  @Override
  public void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        Duration longest = config.backoffMax();
        try {
          converse();
          LOG.info("The control plane ended the conversation; beginning another");
        } catch (SupersededException e) {
          listener.superseded(String.valueOf(e.getMessage()));
          return;
        } catch (IOException | TimeoutException | RuntimeException e) {
          longest = config.longestPause(e);
          tell(e.toString());
        }
        listener.disconnected();
        backoff.pause(longest);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Once for each cause: while the control plane is away for hours this would be the log. */
  private void tell(String trouble) {
    if (!trouble.equals(told)) {
      told = trouble;
      LOG.warn("The link to the control plane is down: {}", trouble);
    }
  }

  /** The hello that begins a conversation; also tells how far the control plane's log reaches. */
  Hello.Response hello() throws IOException, InterruptedException, TimeoutException {
    byte[] enrolment = Waiting.on(state.enrolmentKey());
    String publicKey = Base64.getEncoder().encodeToString(SealedBoxes.publicKey(enrolment));
    return client.hello(new Hello.Request(identity.node(), identity.version(), publicKey));
  }

  private void converse() throws IOException, InterruptedException, TimeoutException {
    PinnedKeys keys = enrol(hello());
    setAside.load();
    long applied = Waiting.on(state.load()).map(LinkState.Kept::lastApplied).orElse(0L);
    try (var events = client.commands(applied)) {
      open = events;
      listener.connected(applied);
      told = null;
      LOG.info("Linked to the control plane; command {} is the last applied", applied);
      converse(events, keys, applied);
    } finally {
      open = null;
    }
  }

  /**
   * Ends once all that was heard is carried out: the next conversation begins behind it. But what
   * takes its time is begun once more by the next one, so that orders to stop are heard meanwhile.
   */
  private void converse(ServerSentEvents events, PinnedKeys keys, long applied)
      throws IOException, InterruptedException, TimeoutException {
    var backlog = new Backlog();
    var work =
        new FutureTask<@Nullable Void>(() -> {
          try {
            carryOut(backlog, applied);
          } finally {
            backlog.end();
            closeQuietly(events); // whoever hears may wait for more
          }
          return null;
        });
    var worker = Thread.ofVirtual().name("redoubt-link-commands").start(work);
    boolean over = false;
    try {
      @Nullable IOException broken = null;
      try {
        hear(events, keys, backlog, applied);
      } catch (IOException e) {
        broken = e;
      }
      backlog.end();
      if (worker.join(LEFT_TO_CARRY_OUT)) {
        result(work);
        over = true;
      }
      if (broken != null) {
        throw broken;
      }
    } finally {
      if (!over) {
        backlog.end();
        worker.interrupt();
        worker.join();
      }
    }
  }

  /** What kept it from going on, is thrown here. */
  private static void result(FutureTask<@Nullable Void> work)
      throws IOException, InterruptedException, TimeoutException {
    try {
      work.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException known -> throw known;
        case TimeoutException known -> throw known;
        case InterruptedException known -> throw known;
        case RuntimeException known -> throw known;
        case null, default -> throw new IllegalStateException(e.getCause());
      }
    }
  }

  private void hear(ServerSentEvents events, PinnedKeys keys, Backlog backlog, long applied)
      throws IOException, InterruptedException {
    ServerSentEvents.Event event;
    long last = applied;
    boolean noneMissing = true;
    boolean wanted = true;
    while (wanted && (event = next(events)) != null) {
      backoff.reset();
      byte[] payload =
          keys.verified(event.data())
              .orElseThrow(() -> new IOException("an event without a trusted signature"));
      switch (event.name()) {
        case "command" -> {
          var heard = command(payload);
          noneMissing = noneMissing && number(heard.tree()) == ++last;
          passIfMay(heard, backlog);
          wanted = backlog.add(noneMissing ? heard : heard.inItsTurn());
          begin(backlog);
        }
        case "heartbeat" ->
            wanted =
                backlog.add(new Backlog.Beat(Json.LENIENT.readValue(payload, Heartbeat.class)));
        default -> LOG.debug("Ignoring a {} event", event.name());
      }
    }
  }

  private static long number(JsonNode command) {
    return command.path("number").asLong(-1);
  }

  private Backlog.Order command(byte[] payload) throws IOException {
    var tree = Json.LENIENT.readTree(payload);
    try {
      var envelope = Json.LENIENT.treeToValue(tree, CommandEnvelope.class);
      boolean early = envelope != null && isForHere(envelope) && Backlog.isDecision(envelope);
      return new Backlog.Order(tree, envelope, early ? new CompletableFuture<>() : null);
    } catch (JsonProcessingException | IllegalArgumentException _) {
      return new Backlog.Order(tree, null, null);
    }
  }

  /** Whatever goes wrong: in its turn it is carried out all the same. */
  private void passIfMay(Backlog.Order order, Backlog backlog) throws InterruptedException {
    var envelope = order.envelope();
    if (envelope == null
        || !isForHere(envelope)
        || !backlog.mayPass(envelope)
        // In this order: what leaves the backlog to be set aside is aside by then.
        || setAside.holds(envelope)) {
      return;
    }
    try {
      if (Waiting.on(applier.apply(envelope)) instanceof CommandApplier.Stopped stopped) {
        client.report(List.of(stopped.proof()));
        LOG.info("Command {} is carried out before those that it follows", envelope.number());
      }
    } catch (IOException | TimeoutException | RuntimeException e) {
      LOG.warn("Command {} has to wait for its turn: {}", envelope.number(), e.toString());
    }
  }

  private boolean isForHere(CommandEnvelope envelope) {
    return identity.enclave().equals(envelope.enclaveId()) && isWhole(envelope);
  }

  /**
   * Not in the place of another node that has the link by now: a vote that counts no more after
   * what that one has carried out, might have counted before it.
   */
  private void begin(Backlog backlog) {
    var beginning = backlog.begin();
    if (beginning.isEmpty()) {
      return;
    }
    var stillOurs = state.load();
    for (var order : beginning) {
      var over = Objects.requireNonNull(order.early());
      var envelope = Objects.requireNonNull(order.envelope());
      stillOurs
          .thenCompose(_ -> applier.apply(envelope))
          .whenComplete((result, failure) -> {
            if (failure == null) {
              over.complete(result);
            } else {
              over.completeExceptionally(failure);
            }
          });
    }
  }

  private void carryOut(Backlog backlog, long before)
      throws IOException, InterruptedException, TimeoutException {
    long applied = before;
    Backlog.Heard heard;
    while ((heard = backlog.next()) != null) {
      switch (heard) {
        case Backlog.Order order -> applied = onCommands(order, backlog, applied);
        case Backlog.Beat(var heartbeat) -> {
          onHeartbeat(heartbeat);
          backlog.done(1);
        }
      }
    }
  }

  private ServerSentEvents.@Nullable Event next(ServerSentEvents events) throws IOException {
    waitingSince = System.nanoTime() | 1;
    try {
      return events.next();
    } finally {
      waitingSince = 0;
    }
  }

  /** Ends the conversation where nothing has been heard for too long: the reader cannot tell. */
  void breakIfSilent() {
    long since = waitingSince;
    ServerSentEvents events = open;
    if (since != 0
        && events != null
        && System.nanoTime() - since > config.silenceLimit().toNanos()) {
      LOG.warn("Nothing heard from the control plane for {}", config.silenceLimit());
      closeQuietly(events);
    }
  }

  private PinnedKeys enrol(Hello.Response hello)
      throws IOException, InterruptedException, TimeoutException {
    if (!identity.enclave().equals(hello.enclaveId())) {
      throw new IOException("the control plane takes this enclave for another one");
    }
    var kept = Waiting.on(state.load());
    if (kept.isEmpty()) {
      var pinned = new PinnedKeys(hello.commandKeys());
      Waiting.on(state.enrolled(identity.enclave(), pinned.set()));
      return pinned;
    }
    if (hello.lastCommand() < kept.get().lastApplied()) {
      LOG.error(
          "The control plane's log ends at {} although {} is applied here: was it restored?",
          hello.lastCommand(),
          kept.get().lastApplied());
    }
    var pinned = new PinnedKeys(kept.get().commandKeys());
    var next =
        pinned
            .succeededBy(hello.commandKeys(), hello.signatures())
            .orElseThrow(() ->
                new IOException("the offered command keys are signed by none that is pinned"));
    if (next != pinned) {
      Waiting.on(state.enrolled(identity.enclave(), next.set()));
    }
    return next;
  }

  /** Durable before anybody hears of it, so that a restart finds what was told (G8). */
  private void onHeartbeat(Heartbeat heartbeat) throws IOException, InterruptedException {
    if (!identity.enclave().equals(heartbeat.enclaveId()) || heartbeat.time() == null) {
      throw new IOException("a heartbeat for somebody else");
    }
    Instant now = clock.instant();
    if (heartbeat.time().isAfter(now.plus(clockTolerance))) {
      LOG.warn(
          "The control plane says it is {}, and here it is {}: its heartbeat does not count",
          heartbeat.time(),
          now);
      return;
    }
    try {
      Waiting.on(
          state.heard(
              new Contact.Heartbeat(
                  heartbeat.time(), now, heartbeat.lastCommand(), heartbeat.bundle())));
      listener.heard(heartbeat);
    } catch (TimeoutException e) {
      LOG.debug("A heartbeat could not be noted; the next one will be", e);
    } catch (RuntimeException e) {
      if (!Waiting.passesByItself(e)) {
        throw e;
      }
      LOG.debug("A heartbeat could not be noted; the next one will be", e);
    }
  }

  /** What came of a command. */
  private record Over(long number, CommandApplier.Result result) {}

  /** What is next, and what right behind it is over by then: told and remembered together. */
  private long onCommands(Backlog.Order first, Backlog backlog, long applied)
      throws IOException, InterruptedException, TimeoutException {
    begin(backlog);
    if (follows(first, applied) <= applied) {
      backlog.done(1);
      return applied;
    }
    var over = new ArrayList<Over>();
    long number = applied;
    Backlog.Order order = first;
    while (order != null) {
      number = follows(order, number);
      over.add(new Over(number, result(number, order)));
      order = backlog.overBehind(over.size());
    }
    // Told before it is remembered: after a crash in between, it is applied and told once more.
    tell(over);
    Waiting.on(state.applied(number));
    over.forEach(it -> listener.applied(it.number(), it.result()));
    backlog.done(over.size());
    return number;
  }

  /** Its number, which is the next one, or was applied before. */
  private long follows(Backlog.Order order, long applied) throws IOException {
    long number = number(order.tree());
    if (!identity.enclave().toString().equals(order.tree().path("enclave_id").asText())) {
      throw new IOException("a command for another enclave");
    }
    if (number > applied + 1) {
      throw new IOException("command " + number + " follows " + applied + ": one is missing");
    }
    return number;
  }

  private CommandApplier.Result result(long number, Backlog.Order order)
      throws InterruptedException {
    var early = order.early();
    if (early != null) {
      try {
        return Waiting.on(early);
      } catch (SupersededException e) {
        throw e;
      } catch (TimeoutException | RuntimeException e) {
        LOG.warn("Command {} is tried in its turn once more: {}", number, e.toString());
      }
    }
    return carryOut(number, order.envelope());
  }

  private void tell(List<Over> over) throws IOException, InterruptedException, TimeoutException {
    var reports = new ArrayList<LinkReport>();
    for (var each : over) {
      switch (each.result()) {
        case CommandApplier.Applied _, CommandApplier.Waits _ -> {}
        case CommandApplier.Stopped stopped -> reports.add(stopped.proof());
        case CommandApplier.Voted(var answer) -> reports.add(answer);
        case CommandApplier.Rejected(var why) -> {
          // Fails where another node has the link by now: it may well have applied the command.
          Waiting.on(state.load());
          LOG.error("Command {} is passed over: {}", each.number(), why);
          reports.add(new LinkReport.Rejected(each.number(), why));
        }
      }
    }
    if (!reports.isEmpty()) {
      client.report(reports);
    }
  }

  /**
   * Until it is applied, known never to be, or set aside. What passes by itself is waited for, not
   * counted; but who is to be stopped is never left running because that fails (G3), and nobody
   * else's commands wait for it for long: such an order is set aside, whatever it fails for, and
   * what is said of the agent after it with it.
   */
  private CommandApplier.Result carryOut(long number, @Nullable CommandEnvelope envelope)
      throws InterruptedException {
    if (envelope == null) {
      return new CommandApplier.Rejected(LinkReport.Rejected.UNKNOWN);
    }
    if (!isWhole(envelope)) {
      return new CommandApplier.Rejected("the command is incomplete");
    }
    boolean stops =
        CommandApplier.stops(envelope.command()) && Backlog.agent(envelope.command()) != null;
    var pauses = new Backoff(config.backoffMin(), config.backoffMax());
    int failures = 0;
    while (true) {
      try {
        if (setAside.holds(envelope)) {
          setAside.add(envelope);
          return new CommandApplier.Waits();
        }
        CommandApplier.Result result = Waiting.on(applier.apply(envelope));
        setAside.forget(envelope);
        return result;
      } catch (SupersededException e) {
        throw e;
      } catch (TimeoutException | RuntimeException e) {
        boolean passes = e instanceof TimeoutException || Waiting.passesByItself(e);
        if (passes) {
          LOG.warn("Command {} has to wait: {}", number, e.toString());
        } else {
          LOG.error("Command {} fails", number, e);
        }
        if (stops || !passes) {
          failures++;
        }
        if (failures >= config.attempts()) {
          if (!stops) {
            return new CommandApplier.Rejected("fails in this enclave; its log says why");
          }
          if (isSetAside(envelope)) {
            return new CommandApplier.Waits();
          }
        }
      }
      pauses.pause();
    }
  }

  /** Where it cannot be, it is tried in its turn once more. */
  private boolean isSetAside(CommandEnvelope envelope) throws InterruptedException {
    try {
      setAside.add(envelope);
      return true;
    } catch (SupersededException e) {
      throw e;
    } catch (TimeoutException | RuntimeException e) {
      LOG.warn("Command {} cannot be set aside: {}", envelope.number(), e.toString());
      return false;
    }
  }

  @SuppressWarnings("ConstantValue") // it was read from JSON
  static boolean isWhole(CommandEnvelope envelope) {
    return envelope.organizationId() != null
        && envelope.command() != null
        && envelope.issuedAt() != null;
  }

  @Override
  public void close() {
    ServerSentEvents events = open;
    if (events != null) {
      closeQuietly(events);
    }
  }

  private static void closeQuietly(ServerSentEvents events) {
    try {
      events.close();
    } catch (IOException e) {
      LOG.debug("Closing a connection that was gone", e);
    }
  }
}
