package io.redoubt.enclave.remoting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.redoubt.enclave.testing.TestAuthority;
import io.redoubt.protocol.id.EnclaveId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Who connects to the cluster port and never proves who he is. */
class SilentStrangersTest {
  private static final EnclaveId ENCLAVE = EnclaveId.next(Clock.systemUTC());
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path directory;

  private final List<Socket> strangers = new ArrayList<>();
  private Optional<ActorSystem<Void>> node = Optional.empty();

  @AfterEach
  void stop() throws IOException {
    for (Socket stranger : strangers) {
      stranger.close();
    }
    node.ifPresent(system -> {
      system.terminate();
      await().until(() -> system.getWhenTerminated().toCompletableFuture().isDone());
    });
  }

  @Test
  void whoSaysNothingIsCutAtTheDeadline() throws IOException {
    int port = start(Duration.ofMillis(200), 100);

    Socket silent = stranger(port);

    await().atMost(Duration.ofSeconds(10)).until(() -> isClosed(silent));
  }

  @Test
  void whoSaysALittleIsCutAtTheDeadlineToo() throws IOException {
    int port = start(Duration.ofMillis(200), 100);

    Socket slow = stranger(port);
    // The head of a record (RFC 8446 §5.1) that never comes.
    slow.getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1});

    await().atMost(Duration.ofSeconds(10)).until(() -> isClosed(slow));
  }

  @Test
  void ofTooManyOneIsCutForEachThatComes() throws IOException {
    int port = start(LONG, 2);

    for (int i = 0; i < 5; i++) {
      stranger(port);
    }

    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> strangers.stream().filter(SilentStrangersTest::isClosed).count() == 3);
  }

  @Test
  void theOldestIsTheOneThatIsCut() {
    var refusals = new Refusals(LoggerFactory.getLogger(SilentStrangersTest.class), LONG);
    var handshakes = new Handshakes(LONG, 2, refusals);
    var cut = new ArrayList<String>();

    CompletableFuture<Void> first = handshakes.begin(_ -> cut.add("first"));
    var _ = handshakes.begin(_ -> cut.add("second"));
    first.complete(null);
    var _ = handshakes.begin(_ -> cut.add("third"));
    assertThat(cut).isEmpty();
    var _ = handshakes.begin(_ -> cut.add("fourth"));

    assertThat(cut).containsExactly("second");
    assertThat(handshakes.underWay()).isEqualTo(2);
  }

  /** A node's cluster port; answers its number. */
  private int start(Duration limit, int most) {
    var files = new TestAuthority().node(directory, NodeNames.of(ENCLAVE));
    var tls =
        new RemotingTlsConfig(
            Optional.of(files.certificate()),
            Optional.of(files.privateKey()),
            Optional.of(files.authorities()),
            LONG,
            limit,
            most);
    var config =
        ConfigFactory.parseString(
                """
                pekko.remote.artery {
                  transport = tls-tcp
                  canonical { hostname = "127.0.0.1", port = 0 }
                }
                pekko.coordinated-shutdown.exit-jvm = off
                """)
            .withFallback(ConfigFactory.parseResources("redoubt-enclave-cluster.conf"))
            .withFallback(ConfigFactory.load());
    ActorSystem<Void> system =
        ActorSystem.create(
            Behaviors.empty(),
            "strangers",
            ActorSystemSetup.create(
                BootstrapSetup.create(config),
                ArterySslEngines.setup(tls, ENCLAVE, new Dialled())));
    node = Optional.of(system);
    return Cluster.get(system).selfMember().address().getPort().orElseThrow();
  }

  private Socket stranger(int port) throws IOException {
    var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
    strangers.add(socket);
    socket.setSoTimeout(20);
    return socket;
  }

  private static boolean isClosed(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException _) {
      return false;
    } catch (IOException _) {
      return true;
    }
  }
}
