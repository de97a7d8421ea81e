package io.redoubt.standalone.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.cli.command.CommandFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final DataDirectory DATA = new DataDirectory(Path.of("unused"));

  @Test
  void anyAddressButALoopbackOneDemandsTls() {
    assertThatThrownBy(() -> plan("0.0.0.0", false))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("--tls");

    assertThat(plan("0.0.0.0", true).url(8443)).isEqualTo("https://127.0.0.1:8443");
    assertThat(plan("127.0.0.1", false).url(8443)).isEqualTo("http://127.0.0.1:8443");
    assertThat(plan("::1", false).url(8443)).startsWith("http://[");
  }

  @Test
  void theOffsetMovesEveryPort() {
    assertThat(Ports.of(0)).isEqualTo(new Ports(8443, 8444, 8445, 8446, 8558, 25520, 25432, 8447));
    assertThat(Ports.of(1000).agent()).isEqualTo(9444);
    assertThat(Ports.of(1000).ofNode(2))
        .isEqualTo(new Ports(9443, 9464, 9465, 9466, 9578, 26540, 26432, 9447));
    assertThatThrownBy(() -> Ports.of(-1)).hasMessageContaining("--port-offset");
    assertThatThrownBy(() -> Ports.of(60_000)).hasMessageContaining("--port-offset");
  }

  @Test
  void aTakenPortIsNamedBeforeAnythingBegins() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var ports = new Ports(taken.getLocalPort(), 0, 0, 0, 0, 0, 0, 0);

      assertThatThrownBy(() -> ports.requireFree(InetAddress.getLoopbackAddress(), true, true, 1))
          .hasMessageContaining("Port " + taken.getLocalPort())
          .hasMessageContaining("control plane")
          .hasMessageContaining("--port-offset");
    }
  }

  private static Plan plan(String bind, boolean tls) {
    return new Plan(
        DATA, Ports.of(0), Plan.address(bind), tls, false, Optional.empty(), OptionalInt.empty());
  }
}
