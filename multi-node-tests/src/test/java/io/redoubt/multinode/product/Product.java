package io.redoubt.multinode.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The packaged product in a directory and on ports of its own: started as a user starts it, broken
 * as the world breaks it.
 */
public final class Product implements AutoCloseable {
  /**
   * Processes live for a minute here: their machine code would be made twice, and the second never
   * come to use, while all of them wait for the processors.
   */
  static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1";

  /**
   * Shorter than by default, where a test would have to wait for nothing else; and an organization
   * may ask as much of the operator API as a sweep of all of it does.
   */
  private static final String SETTINGS =
      SHORT_LIVED
          + " -Dredoubt.http.head-deadline=8s -Dredoubt.http.body-deadline=5s"
          + " -Dredoubt.proxy.llm.body-deadline=5s"
          + " -Dredoubt.enclave.store.certainty=16s -Dredoubt.enclave.store.settle-interval=1s"
          + " -Dredoubt.control-plane.limits.organization-per-second=2000"
          + " -Dredoubt.control-plane.limits.organization-burst=4000";

  private static final Duration UP = Duration.ofSeconds(90);
  private static final Duration ANSWER = Duration.ofSeconds(8);

  private final Path launcher;
  private final Path directory;
  private final Path evidence;
  private final Wiring wiring;
  private final List<String> options;
  private final int offset;
  private final Clock clock;
  private final Secrets secrets = new Secrets();
  private final List<Instant> crashes = new ArrayList<>();
  private final Thread lastResort = new Thread(this::killQuietly, "kill the product");
  private volatile @Nullable Installation runtime;
  private final Http probes = new Http(Duration.ofSeconds(1));
  private volatile Http http = new Http(ANSWER);

  private Product(
      Path home, Path directory, Path evidence, Wiring wiring, List<String> options, Clock clock) {
    this.launcher = home.resolve("bin/redoubt");
    this.directory = directory;
    this.evidence = evidence;
    this.wiring = wiring;
    this.options = options;
    this.clock = clock;
    this.offset = FreePorts.offset();
  }

  /** Prepares the directory of a product that has never been started. */
  public interface Wiring {
    void lay(Path directory, Ports ports);

    /** What {@code up} is started through, in front of its own command. */
    default List<String> prefix(Path directory) {
      return List.of();
    }
  }

  /** Where things will listen. */
  public record Ports(int offset) {
    public int agent(int node) {
      return 8444 + offset + 10 * node;
    }

    public int acting(int node) {
      return 8445 + offset + 10 * node;
    }

    public int management(int node) {
      return 8558 + offset + 10 * node;
    }

    public int artery(int node) {
      return 25_520 + offset + 10 * node;
    }

    public int database() {
      return 25_432 + offset;
    }

    public int controlPlane() {
      return 8443 + offset;
    }
  }

  /**
   * Starts a product in an empty directory.
   *
   * @param options of {@code up}, beyond those that the fixture gives
   */
  public static Product start(String name, String... options) {
    return start(name, (_, _) -> {}, options);
  }

  /**
   * Starts a product whose parts reach each other in another way than usual.
   *
   * @param options of {@code up}, beyond those that the fixture gives
   */
  public static Product start(String name, Wiring wiring, String... options) {
    Path home = Path.of(System.getProperty("redoubt.home", "../ops/standalone/target/redoubt"));
    assertThat(home.resolve("bin/redoubt"))
        .as("the packaged product (build ops/standalone first, or set -Dredoubt.home)")
        .isExecutable();
    try {
      Path evidence =
          Path.of(System.getProperty("redoubt.evidence", "target/evidence")).resolve(name);
      Path directory = Files.createTempDirectory("redoubt-");
      var product =
          new Product(home, directory, evidence, wiring, List.of(options), Clock.systemUTC());
      Runtime.getRuntime().addShutdownHook(product.lastResort);
      wiring.lay(directory, product.ports());
      UnpackedPostgres.lay(directory);
      product.up();
      return product;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it, or starts it again after whatever happened; ready when this returns. */
  public void up() {
    var command =
        new ArrayList<>(List.of("up", "--detach", "--demo", "--data-dir", directory.toString()));
    command.addAll(List.of("--port-offset", Integer.toString(offset)));
    command.addAll(options);
    assertThat(run(command, wiring.prefix(directory), UP))
        .as("exit code of up; %s", evidence)
        .isZero();
    runtime = Installation.read(directory);
    secrets.note(runtime().clientSecret());
    Documents.read(postgres().resolve("secrets.json"))
        .forEach(password -> secrets.note(password.asText()));
    // Connections of the time before would break, and make certain answers uncertain.
    http.close();
    http = new Http(ANSWER);
  }

  /** Stops it as a user does. */
  public void down() {
    assertThat(run(List.of("down", "--data-dir", directory.toString()), List.of(), UP))
        .as("exit code of down")
        .isZero();
  }

  private int run(List<String> arguments, List<String> prefix, Duration limit) {
    try {
      Files.createDirectories(evidence);
      var command = new ArrayList<>(prefix);
      command.add(launcher.toAbsolutePath().toString());
      command.addAll(arguments);
      var builder = new ProcessBuilder(command).directory(directory.toFile());
      builder.environment().keySet().removeIf(name -> name.startsWith("REDOUBT_"));
      builder.environment().put("REDOUBT_JAVA_OPTS", SETTINGS);
      var output = evidence.resolve(arguments.getFirst() + ".log").toFile();
      builder.redirectErrorStream(true);
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(output));
      Process process = builder.start();
      process.getOutputStream().close();
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(arguments + " did not end within " + limit + "; see " + output);
      }
      return process.exitValue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  public Installation runtime() {
    Installation known = runtime;
    if (known == null) {
      throw new IllegalStateException("not started");
    }
    return known;
  }

  public Http http() {
    return http;
  }

  public Secrets secrets() {
    return secrets;
  }

  /** Where it keeps its state. */
  public Path directory() {
    return directory;
  }

  /** Where PostgreSQL keeps its state, also if only the product's own processes see it. */
  public Path postgres() {
    Path usual = directory.resolve("postgres");
    return Files.exists(usual.resolve("secrets.json"))
        ? usual
        : Path.of("/proc/" + runtime().controlPlanePid() + "/root" + usual);
  }

  public Ports ports() {
    return new Ports(offset);
  }

  Path launcher() {
    return launcher.toAbsolutePath();
  }

  /** Where what it said is kept. */
  Path evidence() {
    return evidence;
  }

  public Clock clock() {
    return clock;
  }

  /** When it was killed, each time. */
  public List<Instant> crashes() {
    return List.copyOf(crashes);
  }

  /** {@code kill -9} of every Java process; PostgreSQL lives on. */
  public void killServers() {
    crash(runtime().servers());
  }

  /** {@code kill -9} of one node of several; {@code up} starts it again by itself. */
  public void kill(Installation.Node node) {
    crash(List.of(node.pid()));
  }

  /** {@code kill -9} of several nodes at once. */
  public void kill(List<Installation.Node> nodes) {
    crash(nodes.stream().map(Installation.Node::pid).toList());
  }

  /** {@code SIGTERM} to one node of several; {@code up} starts it again by itself. */
  public void stop(Installation.Node node) {
    Processes.signal("TERM", List.of(node.pid()));
  }

  /** {@code SIGSTOP} of some of several nodes, until closed. */
  public Stopped pause(Installation.Node... nodes) {
    return new Stopped(Stream.of(nodes).map(Installation.Node::pid).toList());
  }

  /** What it says of itself now; processes may have been replaced. */
  public Installation look() {
    Installation now = Installation.read(directory);
    runtime = now;
    return now;
  }

  /** {@code kill -9} of PostgreSQL and all its sessions. */
  public void killDatabase() {
    // What was read at the start may have been started anew since.
    runtime = Installation.read(directory);
    List<Long> pids = runtime().database();
    assertThat(pids).as("processes of PostgreSQL").isNotEmpty();
    Processes.signal("KILL", pids);
    Processes.awaitGone(pids);
  }

  /** {@code kill -9} of everything at once, as when the power fails. */
  public void killEverything() {
    runtime = Installation.read(directory);
    var pids = new ArrayList<>(runtime().servers());
    pids.addAll(runtime().database());
    crash(pids);
  }

  /** {@code kill -9} of a process that is no part of what {@code up} started. */
  void crash(long pid) {
    crash(List.of(pid));
  }

  private void crash(Collection<Long> pids) {
    Processes.signal("KILL", pids);
    Processes.awaitGone(pids);
    crashes.add(clock.instant());
  }

  /** {@code SIGSTOP}: alive, and deaf and mute until closed. */
  public Stopped freezeServers() {
    return new Stopped(List.copyOf(runtime().servers()));
  }

  /** PostgreSQL is there, and does nothing, until closed. */
  public Stopped freezeDatabase() {
    runtime = Installation.read(directory);
    return new Stopped(runtime().database());
  }

  /** Processes that stand still until closed. */
  public static final class Stopped implements AutoCloseable {
    private final List<Long> pids;

    Stopped(List<Long> pids) {
      this.pids = pids;
      Processes.signal("STOP", pids);
    }

    @Override
    public void close() {
      Processes.signal("CONT", pids);
    }
  }

  /**
   * Kills PostgreSQL, and keeps it down until closed: it is started again at once, but does not
   * start without its configuration.
   */
  public StoppedDatabase stopDatabase() {
    var stopped = new StoppedDatabase(postgres().resolve("data"));
    killDatabase();
    return stopped;
  }

  /** Whether the process that it had when it was looked at is still there. */
  public boolean alive(Installation.Node node) {
    return Processes.alive(node.pid());
  }

  public boolean serversAlive() {
    return runtime().servers().stream().allMatch(Processes::alive);
  }

  /** Whether every server says that it is ready, right now. */
  public boolean ready() {
    return unready().isEmpty();
  }

  /** Whether one node says within a second that it is ready, as a load balancer asks. */
  public boolean ready(Installation.Node node) {
    return probes.attempt("GET", node.management().resolve("/ready"), Map.of(), null)
            instanceof Attempt.Answered(var reply)
        && reply.status() == 200;
  }

  /** What those servers say that are not ready. */
  private List<String> unready() {
    return Stream.concat(
            Stream.of(runtime().controlPlane()),
            runtime().nodes().stream().map(Installation.Node::management))
        .flatMap(this::unready)
        .toList();
  }

  private Stream<String> unready(URI server) {
    Attempt asked = http.attempt("GET", server.resolve("/ready"), Map.of(), null);
    return asked instanceof Attempt.Answered(var reply) && reply.status() == 200
        ? Stream.empty()
        : Stream.of(server + ": " + asked);
  }

  /** The cluster as one of its nodes sees it. */
  public JsonNode cluster(Installation.Node node, Operator operator) {
    var attempt =
        http.attempt(
            "GET",
            node.management().resolve("/v1/cluster"),
            Map.of("Authorization", "Bearer " + operator.token()),
            null);
    if (attempt instanceof Attempt.Answered(var reply) && reply.status() == 200) {
      return reply.json();
    }
    throw new AssertionError(node.name() + " does not show its cluster: " + attempt);
  }

  /** The node that has the link, the forwarder and the janitor just now, as the first node says. */
  public Installation.Node singletons(Operator operator) {
    List<Installation.Node> nodes = runtime().nodes();
    String name = cluster(nodes.getFirst(), operator).at("/singletons/control_plane_link").asText();
    return nodes.stream().filter(node -> node.name().equals(name)).findFirst().orElseThrow();
  }

  public void awaitReady() {
    await("ready")
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(unready()).as("servers that are not ready").isEmpty());
  }

  /**
   * Waits until every node is ready, also those that have to start anew first: name and address of
   * a dead one are free after 10 s and a bit, and one that does not get in tries again.
   */
  public void awaitAllReady() {
    await("all nodes are ready")
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofSeconds(90))
        .until(() -> {
          look();
          return ready();
        });
  }

  /** Everything that it wrote for people to read. */
  public String logs() {
    var text = new StringBuilder();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(this::isLog).toList()) {
        text.append(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private boolean isLog(Path file) {
    return Files.isRegularFile(file)
        && (file.toString().endsWith(".log") || file.startsWith(directory.resolve("logs")));
  }

  @Override
  public void close() {
    try {
      down();
    } finally {
      killQuietly();
      Runtime.getRuntime().removeShutdownHook(lastResort);
      keepLogs();
      http.close();
      probes.close();
    }
  }

  private void killQuietly() {
    Installation known = runtime;
    if (known != null) {
      var pids = new ArrayList<>(known.servers());
      pids.addAll(known.database());
      Processes.signal("KILL", pids);
    }
  }

  /** The logs stay as evidence; the data goes. */
  private void keepLogs() {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (isLog(file)) {
          Path kept = evidence.resolve(directory.relativize(file));
          Files.createDirectories(kept.getParent());
          Files.move(file, kept, StandardCopyOption.REPLACE_EXISTING);
        } else {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A PostgreSQL that cannot start until closed. */
  public static final class StoppedDatabase implements AutoCloseable {
    private final Path configuration;
    private final Path hidden;

    private StoppedDatabase(Path data) {
      this.configuration = data.resolve("postgresql.conf");
      this.hidden = data.resolve("postgresql.conf.hidden");
      move(configuration, hidden);
    }

    @Override
    public void close() {
      move(hidden, configuration);
    }

    private static void move(Path from, Path to) {
      try {
        Files.move(from, to);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
