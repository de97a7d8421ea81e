package io.redoubt.testing.line;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The fixture does what scenarios believe it does. */
@Timeout(20)
final class LineTest {
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final InetAddress OTHER = InetAddress.ofLiteral("127.0.1.9");

  private ServerSocket server;
  private Line line;

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 10, LOOPBACK);
    line = new Line(server.getLocalPort());
  }

  @AfterEach
  void close() throws IOException {
    line.close();
    server.close();
  }

  /** Both ends of a connection through the line. */
  private record Ends(Socket near, Socket far) {}

  private Ends connect(InetAddress from) throws IOException {
    var near = new Socket(LOOPBACK, line.port(), from, 0);
    return new Ends(near, server.accept());
  }

  private static void say(Socket from, int what) throws IOException {
    from.getOutputStream().write(what);
  }

  private static int hear(Socket at) throws IOException {
    at.setSoTimeout(10_000);
    return at.getInputStream().read();
  }

  private static void assertNothingArrives(Socket at) throws IOException {
    at.setSoTimeout(200);
    assertThatIOException()
        .isThrownBy(() -> at.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
  }

  @Test
  void whatIsSentArrivesBothWays() throws IOException {
    Ends ends = connect(LOOPBACK);

    say(ends.near(), 1);
    say(ends.far(), 2);

    assertThat(hear(ends.far())).isEqualTo(1);
    assertThat(hear(ends.near())).isEqualTo(2);
  }

  @Test
  void aSilentWaySwallowsNothingAndTheOtherWayGoesOn() throws IOException {
    Ends ends = connect(LOOPBACK);
    line.passage().silence(Way.THERE);

    say(ends.near(), 1);
    say(ends.far(), 2);

    assertNothingArrives(ends.far());
    assertThat(hear(ends.near())).isEqualTo(2);
    line.passage().mend();
    assertThat(hear(ends.far())).isEqualTo(1);
  }

  @Test
  void inSilenceNobodyLearnsThatTheOtherHasGone() throws IOException {
    Ends ends = connect(LOOPBACK);
    line.passage().silence(Way.BACK);

    ends.far().close();

    assertNothingArrives(ends.near());
    line.passage().mend();
    assertThat(hear(ends.near())).isEqualTo(-1);
  }

  @Test
  void aCutBreaksWhatStandsAndRefusesWhatComes() throws IOException {
    Ends ends = connect(LOOPBACK);
    line.passage().cut();

    assertThat(hear(ends.far())).isEqualTo(-1);
    try (var refused = new Socket(LOOPBACK, line.port())) {
      assertThat(hear(refused)).isEqualTo(-1);
    }
    line.passage().mend();
    Ends again = connect(LOOPBACK);
    say(again.near(), 3);
    assertThat(hear(again.far())).isEqualTo(3);
  }

  @Test
  void callersAreToldApartByTheirAddress() throws IOException {
    Ends one = connect(LOOPBACK);
    Ends other = connect(OTHER);
    line.passage(OTHER).silence(Way.THERE);

    say(one.near(), 1);
    say(other.near(), 2);

    assertThat(hear(one.far())).isEqualTo(1);
    assertNothingArrives(other.far());
  }

  @Test
  void aSlowLineTakesItsTime() throws IOException {
    Ends ends = connect(LOOPBACK);
    line.passage().slow(Duration.ofMillis(150));

    long sent = System.nanoTime();
    say(ends.near(), 1);

    assertThat(hear(ends.far())).isEqualTo(1);
    assertThat(Duration.ofNanos(System.nanoTime() - sent)).isGreaterThan(Duration.ofMillis(100));
  }
}
