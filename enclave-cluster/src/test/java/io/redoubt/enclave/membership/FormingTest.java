package io.redoubt.enclave.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.remoting.NodeNames;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.Nodes;
import io.redoubt.enclave.testing.TestAuthority;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.SecretKeyText;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** However nodes start, they are one cluster; and who does not belong to it stays outside. */
class FormingTest {
  private final Nodes nodes = new Nodes();
  private final TestAuthority authority = new TestAuthority();

  @AfterEach
  void stop() {
    nodes.close();
  }

  @Test
  void nodesThatStartAtTheSameMomentFormOneClusterOverTls() {
    var started =
        Stream.of("node-1", "node-2", "node-3")
            .map(name ->
                CompletableFuture.supplyAsync(
                    () -> nodes.start(name, tls(name), Clock.systemUTC())))
            .toList();
    List<Enclave> all = started.stream().map(CompletableFuture::join).toList();

    assertThat(states()).hasSize(3).containsOnly(MemberRow.State.MEMBER);
    all.forEach(FormingTest::awaitReady);
  }

  @Test
  void aNodeThatIsNoSeedWaitsUntilASeedHasBegunAndJoinsIt() throws IOException {
    int port = freePort();
    var waiting =
        CompletableFuture.supplyAsync(() -> nodes.start("node-1", seed(port), Clock.systemUTC()));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> rows().stream().anyMatch(row -> row.address().isPresent()));
    await()
        .during(Duration.ofSeconds(1))
        .atMost(Duration.ofSeconds(20))
        .until(() -> states().equals(List.of(MemberRow.State.STARTING)));

    var settings = new HashMap<String, Object>(seed(port));
    settings.put("redoubt.enclave.cluster.port", port);
    Enclave seed = nodes.start("node-2", settings, Clock.systemUTC());

    awaitReady(seed);
    awaitReady(waiting.join());
    assertThat(states()).hasSize(2).containsOnly(MemberRow.State.MEMBER);
  }

  @Test
  void aSeedBeginsByItself() throws IOException {
    int port = freePort();
    var settings = new HashMap<String, Object>(seed(port));
    settings.put("redoubt.enclave.cluster.port", port);

    awaitReady(nodes.start("node-1", settings, Clock.systemUTC()));

    assertThat(states()).containsExactly(MemberRow.State.MEMBER);
  }

  @Test
  void whereNoSeedComesANodeSaysWhatItWaitedFor() throws IOException {
    var settings = new HashMap<String, Object>(seed(freePort()));
    settings.put("redoubt.enclave.start-limit", "3s");

    assertThatThrownBy(() -> nodes.start("node-1", settings, Clock.systemUTC()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("did not get into its cluster")
        .hasMessageContaining("one of the nodes in redoubt.enclave.cluster.seeds");
  }

  @Test
  void strangersDoNotDisturbTheCluster() throws Exception {
    Enclave first = nodes.start("node-1", tls("node-1"), Clock.systemUTC());
    int port = port();
    for (String text : List.of("GET / HTTP/1.1\r\n\r\n", "\u0015\u0003\u0001\0\u0002\u0002(")) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.setSoTimeout(5000);
        assertThat(readToEnd(socket)).isLessThan(100);
      }
    }

    nodes.start("node-2", tls("node-2"), Clock.systemUTC());

    awaitReady(first);
  }

  @Test
  void aNodeWithAForeignCertificateIsNotLetIn() {
    Enclave first = nodes.start("node-1", tls("node-1"), Clock.systemUTC());
    var settings = new HashMap<String, Object>(tls("node-2"));
    var foreign =
        new TestAuthority()
            .node(nodes.directory().resolve("foreign"), NodeNames.of(nodes.controlPlane.enclave));
    settings.put("redoubt.enclave.cluster.tls.certificate-file", foreign.certificate().toString());
    settings.put("redoubt.enclave.cluster.tls.private-key-file", foreign.privateKey().toString());
    settings.put("redoubt.enclave.start-limit", "4s");

    assertThatThrownBy(() -> nodes.start("node-2", settings, Clock.systemUTC()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("did not get into its cluster")
        .hasMessageContaining("It asked to be let in at 127.0.0.1:")
        .hasMessageContaining("They refused this node's certificate");
    awaitReady(first);
  }

  @Test
  void aNodeWhoseNameIsTakenDoesNotStart() {
    Enclave first = nodes.start("node-1");

    assertThatThrownBy(() -> nodes.start("node-1"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("node-1 at 127.0.0.1:")
        .hasMessageContaining("Two nodes cannot have one name");
    awaitReady(first);
  }

  @Test
  void aNodeWhoseAddressIsTakenDoesNotStart() throws IOException {
    int port = freePort();
    Map<String, Object> there = Map.of("redoubt.enclave.cluster.port", port);
    Enclave first = nodes.start("node-1", there, Clock.systemUTC());

    assertThatThrownBy(() -> nodes.start("node-2", there, Clock.systemUTC()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Two nodes cannot have one address");
    awaitReady(first);
  }

  @Test
  void aNodeOfAnotherEnclaveDoesNotStart() {
    Enclave first = nodes.start("node-1");
    var foreign = EnclaveId.next(Clock.systemUTC());
    String key = SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, foreign).reveal();

    assertThatThrownBy(() ->
            nodes.start("node-2", Map.of("redoubt.enclave.link.api-key", key), Clock.systemUTC()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("The database belongs to enclave");
    awaitReady(first);
  }

  /** However it found the way: here its own database names an address of the other enclave. */
  @Test
  void aClusterLetsNoNodeOfAnotherEnclaveIn() {
    Enclave first = nodes.start("node-1");
    String address = rows().getFirst().address().orElseThrow();
    try (var others = new Nodes()) {
      leave(others, "node-9", address, Machine.own());

      assertThatThrownBy(() -> others.start("node-1"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("did not let this node in");
    }
    awaitReady(first);
  }

  @Test
  void aNodeWhoseClockIsWrongDoesNotStart() {
    Clock wrong = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(10));

    assertThatThrownBy(() -> nodes.start("node-1", Map.of(), wrong))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("seconds ahead of the database's");
    assertThat(states()).isEmpty();
  }

  /** Set wrong while the node runs: it stops, and goes on when the clock is set right. */
  @Test
  void aNodeWhoseClockGoesWrongPermitsNothingUntilItIsRight() {
    var clock = new OffsetClock();
    Enclave node = nodes.start("node-1", Map.of(), clock);
    awaitReady(node);

    clock.offset = Duration.ofMinutes(-10);

    await()
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            Http.get(node.managementUrl().resolve("/ready"))
                .body()
                .contains("\"lease_held\":false"));
    var unready = Http.get(node.managementUrl().resolve("/ready"));
    assertThat(unready.status()).isEqualTo(503);
    assertThat(unready.body()).contains("\"clock_right\":false");
    clock.offset = Duration.ZERO;
    awaitReady(node);
  }

  @Test
  void aNodeWhoseClockStaysWrongLeaves() {
    var clock = new OffsetClock();
    Enclave node =
        nodes.start(
            "node-1", Map.of("redoubt.enclave.cluster.forming.clock-patience", "1 s"), clock);
    awaitReady(node);

    clock.offset = Duration.ofMinutes(10);

    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> node.whenTerminated().toCompletableFuture().isDone());
    assertThat(states()).isEmpty();
  }

  /** The system's clock, or a wrong one. */
  private static final class OffsetClock extends Clock {
    private volatile Duration offset = Duration.ZERO;

    @Override
    public Instant instant() {
      return Clock.systemUTC().instant().plus(offset);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException("times are UTC");
    }
  }

  @Test
  void aNodeThatLeftIsNotWaitedFor() {
    nodes.stop(nodes.start("node-1"));

    awaitReady(nodes.start("node-1"));
  }

  /** What a killed process leaves: its row, and an address where nobody listens. */
  @Test
  void theDeadAreNotWaitedForWhereNobodyListensAtTheirAddress() throws IOException {
    leave(nodes, "node-1", "127.0.0.1:" + freePort(), Machine.own());
    leave(nodes, "node-2", "127.0.0.1:" + freePort(), Machine.own());

    awaitReady(nodes.start("node-1"));

    assertThat(names()).containsExactly("node-1");
  }

  /** In another container its loopback address is another one than here. */
  @Test
  void nobodyIsTakenForDeadByALoopbackAddressOfAnotherMachine() throws IOException {
    leave(nodes, "node-1", "127.0.0.1:" + freePort(), Optional.of("another boot net:[1]"));
    try (var database = database();
        var elsewhere = new Beating(new MemberTable(database).rows().getFirst().session())) {
      assertThatThrownBy(() -> nodes.start("node-1"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Two nodes cannot have one name");
      assertThat(elsewhere.stillKept()).as("it has its place still").isTrue();
    }
  }

  /** The heartbeats of a node that lives somewhere else. */
  private final class Beating implements AutoCloseable {
    private final ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledFuture<?> beats;
    private final AtomicBoolean kept = new AtomicBoolean(true);
    private final Database database = database();
    private final Connection connection;

    Beating(UUID session) throws IOException {
      try {
        connection = database.dedicated("elsewhere", 5);
      } catch (SQLException e) {
        throw new IOException(e);
      }
      beats =
          heart.scheduleWithFixedDelay(
              () -> {
                try {
                  kept.compareAndSet(true, MemberTable.beat(connection, session).isPresent());
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              },
              0,
              100,
              TimeUnit.MILLISECONDS);
    }

    boolean stillKept() {
      return kept.get() && !beats.isDone();
    }

    @Override
    public void close() {
      heart.close();
      database.close();
    }
  }

  /** Each is as far off as is let in, in its own direction. */
  @Test
  void whatANodeSignsAnotherWhoseClockDiffersBelievesAtOnce() {
    var fast = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(25));
    var slow = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(-25));
    Enclave first = nodes.start("node-1", Map.of(), fast);
    Enclave second = nodes.start("node-2", Map.of(), slow);
    awaitReady(first);
    awaitReady(second);
    var organization = OrganizationId.next(Clock.systemUTC());
    nodes.introduce(organization, URI.create("http://127.0.0.1:1"));
    for (var ways : List.of(List.of(first, second), List.of(second, first))) {
      var agent = nodes.agent(organization, ways.getFirst());
      String access = agent.bootstrap().text("access_token");

      assertThat(
              Http.get(
                      ways.getLast().agentUrl().resolve("/v1/agent/self"),
                      "Authorization",
                      "Bearer " + access)
                  .status())
          .isEqualTo(200);
    }
  }

  @Test
  void aNodeThatWasPutOutEndsItself() {
    Enclave first = nodes.start("node-1");

    try (var database = database()) {
      new MemberTable(database).leave(new MemberTable(database).rows().getFirst().session());
    }

    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> first.whenTerminated().toCompletableFuture().isDone());
  }

  private static Map<String, Object> seed(int port) {
    return Map.of("redoubt.enclave.cluster.seeds", List.of("127.0.0.1:" + port));
  }

  private Map<String, Object> tls(String node) {
    var files =
        authority.node(nodes.directory().resolve(node), NodeNames.of(nodes.controlPlane.enclave));
    return Map.of(
        "redoubt.enclave.cluster.tls.certificate-file", files.certificate().toString(),
        "redoubt.enclave.cluster.tls.private-key-file", files.privateKey().toString(),
        "redoubt.enclave.cluster.tls.ca-file", files.authorities().toString());
  }

  private static void awaitReady(Enclave node) {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Http.get(node.managementUrl().resolve("/ready")).status() == 200);
  }

  private static void leave(Nodes enclave, String node, String address, Optional<String> machine) {
    try (var database =
        Database.open(
            enclave.database.config(DatabaseRole.ENCLAVE, 1), new SimpleMeterRegistry())) {
      var row =
          new MemberRow(
              node,
              UUID.randomUUID(),
              enclave.controlPlane.enclave,
              Optional.of(address),
              MemberRow.State.STARTING,
              0,
              Duration.ZERO,
              Duration.ofSeconds(30),
              machine);
      var table = new MemberTable(database);
      assertThat(table.claim(row, "test", java.util.Set.of()))
          .isInstanceOf(MemberTable.Claimed.class);
      table.joined(row.session());
    }
  }

  private Database database() {
    return Database.open(nodes.database.config(DatabaseRole.ENCLAVE, 1), new SimpleMeterRegistry());
  }

  private List<MemberRow> rows() {
    try (var database = database()) {
      return new MemberTable(database).rows();
    }
  }

  private List<MemberRow.State> states() {
    return rows().stream().map(MemberRow::state).toList();
  }

  private List<String> names() {
    return rows().stream().map(MemberRow::node).toList();
  }

  private int port() {
    String address = rows().getFirst().address().orElseThrow();
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  private static int freePort() throws IOException {
    try (var socket = new java.net.ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static int readToEnd(Socket socket) throws IOException {
    try {
      return socket.getInputStream().readAllBytes().length;
    } catch (java.net.SocketException _) {
      return 0; // hung up on
    }
  }
}
