package io.redoubt.enclave.membership;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseUnavailableException;
import io.redoubt.protocol.id.EnclaveId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's place in its enclave: its name and address are its own, it finds the others, and of
 * all that start at the same moment one begins the cluster. Everything here blocks.
 */
public final class Membership implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
  private static final Duration PAUSE = Duration.ofMillis(200);

  /**
   * Who wants to be in.
   *
   * @param address {@code host:port} where it is known before the node listens
   */
  public record Applicant(
      String node, EnclaveId enclave, Optional<String> address, String release) {}

  private final Database database;
  private final MemberTable table;
  private final DeathWatch watch;
  private final UUID session;
  private final CompletableFuture<Void> putOut = new CompletableFuture<>();
  private final ClockWatch clock;
  private final KeptHeartbeats kept;
  private final Thread heartbeat;

  private Membership(
      Database database,
      MemberTable table,
      FormingConfig config,
      UUID session,
      ClockWatch clock,
      KeptHeartbeats kept) {
    this.database = database;
    this.table = table;
    this.watch = new DeathWatch(config, Machine.own(), System::nanoTime);
    this.session = session;
    this.clock = clock;
    this.kept = kept;
    this.heartbeat =
        Thread.ofVirtual()
            .name("redoubt-heartbeat")
            .start(new Heartbeat(database, session, config.heartbeatEvery(), clock, kept, putOut));
  }

  /**
   * Takes the node's name and address, before it does anything in that name. Where one that died
   * still has them, waits until that is certain.
   *
   * @throws IllegalStateException with a plain sentence where a live node has them, where another
   *     enclave lives in the database, or where this machine's clock is wrong
   */
  public static Membership claim(
      Database database, FormingConfig config, Applicant applicant, InstantSource clock) {
    var watched = new ClockWatch(config, clock, System::nanoTime);
    requireRightTime(database, watched);
    var table = new MemberTable(database);
    Optional<String> machine = Machine.own();
    var watch = new DeathWatch(config, machine, System::nanoTime);
    var session = UUID.randomUUID();
    var own =
        new MemberRow(
            applicant.node(),
            session,
            applicant.enclave(),
            applicant.address(),
            MemberRow.State.STARTING,
            0,
            Duration.ZERO,
            config.staleAfter(),
            machine);
    long asked = System.nanoTime();
    MemberTable.Claim claim = table.claim(own, applicant.release(), Set.of());
    MemberRow.Sighting first = null;
    while (claim instanceof MemberTable.Held(MemberRow by)) {
      if (first == null || !first.session().equals(by.session())) {
        first = by.sighting();
        LOG.info("{} was here a moment ago; looking whether it still lives", by.describe());
      } else if (first.beats() != by.beats()) {
        throw new IllegalStateException(taken(applicant, by));
      }
      pause();
      asked = System.nanoTime();
      claim = table.claim(own, applicant.release(), watch.dead(table.rows()));
    }
    var kept = new KeptHeartbeats(config.staleAfter(), System::nanoTime, asked);
    return new Membership(database, table, config, session, watched, kept);
  }

  private static String taken(Applicant applicant, MemberRow by) {
    if (!by.enclave().equals(applicant.enclave())) {
      return "The database belongs to enclave "
          + by.enclave()
          + ", whose node "
          + by.describe()
          + " is running, and this node's API key to "
          + applicant.enclave()
          + ".";
    }
    if (by.node().equals(applicant.node())) {
      return by.describe()
          + " is running. Two nodes cannot have one name: choose another with redoubt.enclave.node.";
    }
    return by.describe()
        + " is running. Two nodes cannot have one address: choose another with"
        + " redoubt.enclave.cluster.host and port.";
  }

  private static void requireRightTime(Database database, ClockWatch clock) {
    ClockWatch.Asked asked = clock.ask();
    Instant there =
        database.inTransactionBlocking(handle ->
            handle
                .createQuery("SELECT clock_timestamp()")
                .mapTo(OffsetDateTime.class)
                .one()
                .toInstant());
    clock.compare(asked, there);
    if (!clock.right()) {
      throw new IllegalStateException(clock.describe() + " Set the clock and start again.");
    }
  }

  /**
   * Brings the node into the cluster and returns when it is up.
   *
   * @param seeds {@code host:port} of the nodes that may begin the cluster; empty: every node may
   * @param refusal a sentence about why others refused this node's connections; empty: none did
   * @throws IllegalStateException with a plain sentence where that did not come about in time
   */
  public void form(
      ActorSystem<?> system,
      List<String> seeds,
      Duration limit,
      Supplier<Optional<String>> refusal) {
    var cluster = Cluster.get(system);
    Address self = cluster.selfMember().address();
    String own = hostAndPort(self);
    table.announce(session, own);
    var up = new CompletableFuture<Done>();
    org.apache.pekko.cluster.Cluster.get(system)
        .registerOnMemberUp(() -> up.complete(Done.getInstance()));
    long until = System.nanoTime() + limit.toNanos();
    boolean founded = false;
    List<String> asked = List.of();
    MemberTable.Place place = new MemberTable.Waiting(List.of());
    while (!isDone(up)) {
      place = place(seeds.isEmpty() || seeds.contains(own), place);
      switch (place) {
        case MemberTable.Founder _ -> {
          if (!founded) {
            LOG.info("Beginning the cluster at {}", own);
            cluster.manager().tell(Join.create(self));
            founded = true;
          }
        }
        case MemberTable.Members(var addresses) -> {
          if (!addresses.equals(asked)) {
            LOG.info("Joining the cluster at {}", addresses);
            cluster.manager().tell(new JoinSeedNodes(addresses(system.name(), addresses)));
            asked = addresses;
          }
        }
        case MemberTable.Waiting _ -> {}
      }
      if (system.getWhenTerminated().toCompletableFuture().isDone()) {
        throw new IllegalStateException(
            "The cluster did not let this node in: it is of another enclave or another release.");
      }
      if (System.nanoTime() - until > 0) {
        throw new IllegalStateException(
            "The node did not get into its cluster within "
                + limit
                + ". "
                + state(place)
                + refusal.get().map(why -> " " + why).orElse(""));
      }
    }
    table.joined(session);
  }

  private MemberTable.Place place(boolean mayFound, MemberTable.Place before) {
    try {
      return table.place(session, mayFound, watch.dead(table.rows()));
    } catch (DatabaseUnavailableException _) {
      return before;
    }
  }

  private static String state(MemberTable.Place place) {
    return switch (place) {
      case MemberTable.Founder _ -> "It was to begin the cluster itself.";
      case MemberTable.Members(var addresses) ->
          "It asked to be let in at " + String.join(", ", addresses) + ".";
      case MemberTable.Waiting(var whom) when whom.isEmpty() ->
          "It waited for one of the nodes in redoubt.enclave.cluster.seeds.";
      case MemberTable.Waiting(var whom) ->
          "It waited for "
              + whom.stream().map(MemberRow::describe).collect(Collectors.joining(", "))
              + ".";
    };
  }

  private static List<Address> addresses(String system, List<String> addresses) {
    return addresses.stream()
        .map(address -> AddressFromURIString.parse("pekko://" + system + "@" + address))
        .toList();
  }

  private static String hostAndPort(Address address) {
    return address.getHost().orElseThrow() + ":" + address.getPort().orElseThrow();
  }

  private static boolean isDone(CompletableFuture<Done> up) {
    try {
      up.get(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException _) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("Interrupted while the node was joining its cluster.", e);
  }

  /**
   * Completes when the node was taken for dead and put out. Nothing is permitted to it any more, so
   * it has to end.
   */
  public CompletionStage<Void> whenPutOut() {
    return putOut.minimalCompletionStage();
  }

  /** Whether this machine's clock is right. */
  public ClockWatch clock() {
    return clock;
  }

  /** Whether this node may still count on its place. */
  public KeptHeartbeats heartbeats() {
    return kept;
  }

  /** This start of this node: what other nodes name when they call {@link #giveAway}. */
  public UUID session() {
    return session;
  }

  /**
   * Another node is gone for good: if it lives after all, it finds its place taken and ends.
   *
   * @return false where this node has lost its own: then it may say nothing about others
   */
  public CompletionStage<Boolean> giveAway(UUID gone) {
    return database.blocking(() -> table.giveAway(session, gone));
  }

  /** Starts of nodes that are gone and left intents open (G4). */
  public CompletionStage<List<Long>> abandoned() {
    return database.blocking(table::abandoned);
  }

  /** Gives name and address back. */
  @Override
  public void close() {
    heartbeat.interrupt();
    try {
      table.leave(session);
    } catch (RuntimeException e) {
      LOG.debug("The node's place stays taken until it is seen to be dead", e);
    }
  }
}
