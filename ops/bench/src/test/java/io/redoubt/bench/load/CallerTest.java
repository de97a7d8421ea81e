package io.redoubt.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CallerTest {
  private final List<String> heard = new ArrayList<>();

  @Test
  void callsAgainAndAgainOverOneConnection() throws IOException {
    try (var loop = new Loop()) {
      var connections = new ArrayList<Connection.Sender>();
      var address = listen(loop, connections, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      var caller = new Caller(loop, address);

      for (int i = 0; i < 3; i++) {
        caller.call(Request.post(address, "/x", null, "{}"), listener());
        await(loop, i + 1);
      }

      assertThat(heard).containsExactly("200 ok", "200 ok", "200 ok");
      assertThat(connections).hasSize(1);
    }
  }

  @Test
  void saysThatAReplyBrokeOff() throws IOException {
    try (var loop = new Loop()) {
      var connections = new ArrayList<Connection.Sender>();
      var address = listen(loop, connections, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok");
      var caller = new Caller(loop, address);
      caller.call(Request.post(address, "/x", null, "{}"), listener());
      loop.runUntil(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50));

      connections.getFirst().close();
      await(loop, 1);

      assertThat(heard).containsExactly("failed");
      assertThat(caller.isIdle()).isTrue();
    }
  }

  @Test
  void runsTasksInTheOrderOfTheirTimes() throws IOException {
    try (var loop = new Loop()) {
      long now = System.nanoTime();
      loop.at(now + TimeUnit.MILLISECONDS.toNanos(8), () -> heard.add("second"));
      loop.at(now + TimeUnit.MILLISECONDS.toNanos(4), () -> heard.add("first"));

      await(loop, 2);

      assertThat(heard).containsExactly("first", "second");
    }
  }

  private static InetSocketAddress listen(
      Loop loop, List<Connection.Sender> connections, String reply) throws IOException {
    int port =
        loop.listen(sender -> {
          connections.add(sender);
          return new HttpReader(new Echo(sender, reply));
        });
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  private void await(Loop loop, int messages) throws IOException {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    assertThat(loop.runWhile(() -> heard.size() < messages, limit)).isTrue();
  }

  private Caller.Answered listener() {
    return new Caller.Answered() {
      @Override
      public void answer(Caller.Answer answer) {
        heard.add(answer.status() + " " + answer.body());
      }

      @Override
      public void failed(String why) {
        heard.add("failed");
      }
    };
  }

  private record Echo(Connection.Sender sender, String reply) implements HttpReader.Sink {
    @Override
    public void head(Head head) {}

    @Override
    public void body(byte[] bytes, int from, int to) {}

    @Override
    public void end() {
      sender.send(reply.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void broken(String why) {}
  }
}
