package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import io.redoubt.bench.load.Request;
import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.protocol.token.AgentToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Refresh rotation: every client spends the token that its last answer brought. */
@Command(
    name = "rotate",
    description = "Chained refresh rotations of many clients, in both successor modes")
public final class Rotate implements Scenario {
  /** Who makes the next refresh token (G2). */
  enum Successor {
    ENCLAVE,
    CLIENT
  }

  @Mixin private ProductOptions product = new ProductOptions();
  @Mixin private WindowOptions window = new WindowOptions();

  @Option(names = "--clients", defaultValue = "64", description = "default: ${DEFAULT-VALUE}")
  private int clients;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    try (Rig rig = Rig.start(product, report)) {
      var agents = Fleet.enrol(rig.product(), rig.api(), "rotate", clients);
      var tally = new Tally();
      var rotating = new ArrayList<RotatingClient>();
      for (int i = 0; i < agents.size(); i++) {
        var caller = new Caller(rig.loop(), rig.product().node(i).agent());
        rotating.add(new RotatingClient(caller, agents.get(i).refreshToken(), tally));
      }
      var goals = new ArrayList<Goal>();
      for (Successor successor : Successor.values()) {
        String mode = "the next token made by the " + successor.name().toLowerCase(Locale.ROOT);
        report.title("rotate: " + clients + " clients, " + mode);
        rotating.forEach(client -> client.start(successor));
        var run = rig.measure("rotation", "latency", window, tally, rig.parts());
        rotating.forEach(RotatingClient::stop);
        rig.drain(() -> rotating.stream().anyMatch(RotatingClient::isBusy));
        rig.settle("rotation", tally);
        goals.add(Goal.atMost("CPU per rotation, " + mode, 250, run.productMicros(), "µs"));
        goals.add(Goal.below("p99 of a rotation, " + mode, 40, run.latencies().millis(99), "ms"));
      }
      tally.requireNoFaults();
      return goals;
    }
  }

  /** A client and the one refresh token it holds. */
  private static final class RotatingClient implements Caller.Answered {
    private final Caller caller;
    private final Tally tally;
    private String token;
    private String successor = "";
    private Successor mode = Successor.ENCLAVE;
    private boolean going;

    RotatingClient(Caller caller, String token, Tally tally) {
      this.caller = caller;
      this.token = token;
      this.tally = tally;
    }

    void start(Successor mode) {
      this.mode = mode;
      going = true;
      rotate();
    }

    void stop() {
      going = false;
    }

    boolean isBusy() {
      return !caller.isIdle();
    }

    private void rotate() {
      String body = "{\"refresh_token\":\"" + token + "\"";
      if (mode == Successor.CLIENT) {
        var next =
            AgentToken.mint(
                AgentToken.Kind.REFRESH,
                AgentToken.parse(AgentToken.Kind.REFRESH, token).orElseThrow().handle());
        successor = next.reveal();
        body += ",\"next_refresh_token_digest\":\"" + next.digest() + "\"";
      }
      caller.call(Request.post(caller.address(), "/v1/agent/refresh", null, body + "}"), this);
    }

    @Override
    public void answer(Caller.Answer answer) {
      String next = mode == Successor.CLIENT ? successor : answer.member("refresh_token");
      boolean handedOut = answer.member("refresh_token") != null;
      if (answer.status() != 200
          || next == null
          || next.equals(token)
          || handedOut == (mode == Successor.CLIENT)
          || answer.member("access_token") == null) {
        tally.fault("refresh → " + answer.status() + " " + answer.body());
        return; // the chain is broken: what it held is spent
      }
      tally.done(answer.nanos());
      token = next;
      if (going) {
        rotate();
      }
    }

    @Override
    public void failed(String why) {
      tally.fault("refresh: " + why);
    }
  }
}
