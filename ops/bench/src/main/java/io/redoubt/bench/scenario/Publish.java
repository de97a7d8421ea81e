package io.redoubt.bench.scenario;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.bench.load.Caller;
import io.redoubt.bench.load.Request;
import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Latencies;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.bench.upstream.UpstreamProcess;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Policies are published again and again while agents call models through every node: what was
 * permitted is forbidden, and the reverse. Who is answered after a publication is decided by it.
 */
@Command(
    name = "publish",
    description = "Publishing policies to three nodes under load: until every node decides by them")
public final class Publish implements Scenario {
  private static final int MOST_MILLIS = 2000;
  private static final int WARM_UP_ROUNDS = 4;
  private static final int SECONDS_BETWEEN = 1;

  /** What an organization starts with, and what forbids and permits here. */
  private static final int OTHERS = 2;

  @Mixin private ProductOptions product = new ProductOptions();

  @Option(names = "--policies", defaultValue = "1000", description = "default: ${DEFAULT-VALUE}")
  private int policies = 1000;

  @Option(names = "--rounds", defaultValue = "30", description = "default: ${DEFAULT-VALUE}")
  private int rounds = 30;

  @Option(names = "--agents", defaultValue = "96", description = "default: ${DEFAULT-VALUE}")
  private int count = 96;

  @Option(
      names = "--warm-up",
      defaultValue = "60",
      description = "seconds under load before anything is published (default: ${DEFAULT-VALUE})")
  private int warmUp = 60;

  @Option(
      names = "--rate",
      defaultValue = "100",
      description = "requests per second, all nodes together (default: ${DEFAULT-VALUE})")
  private int rate = 100;

  private final Tally calls = new Tally();
  private final Latencies everywhere = new Latencies();
  private final Latencies eachNode = new Latencies();

  /** What every call that begins from here on is answered, until the next publication. */
  private int expected = 200;

  private long settledAt;
  private boolean settled;
  private String permittedBody = "";
  private long permits;
  private long denials;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    try (Rig rig = Rig.start(product.orNodes(3), report);
        UpstreamProcess upstream = UpstreamProcess.start()) {
      rig.api().putProvider("bench", upstream.port());
      rig.api().keepPayloads("metadata");
      for (int i = 0; i < policies - OTHERS; i++) {
        rig.api().putPolicy("tool-" + i, policy(i));
      }
      permittedBody = Proxy.expectedBody(rig.loop(), upstream.address());
      var agents = Fleet.enrol(rig.product(), rig.api(), "publish", count);
      var operator = new Caller(rig.loop(), rig.product().runtime().controlPlane());
      report.title(
          "publish: %d policies, %d times, beside %d requests/s".formatted(policies, rounds, rate));
      // Cold nodes on few processors lose their lease, and then say so.
      var warming = load(rig, agents, new Tally());
      rig.runFor(warmUp);
      for (int round = 0; round < WARM_UP_ROUNDS; round++) {
        publish(rig, operator, round);
        rig.runFor(SECONDS_BETWEEN);
      }
      warming.stop();
      rig.runFor(SECONDS_BETWEEN);
      permits = 0;
      denials = 0;
      var load = load(rig, agents, calls);
      for (int round = 0; round < rounds; round++) {
        record(rig, publish(rig, operator, round));
        rig.runFor(SECONDS_BETWEEN);
      }
      load.stop();
      report.latencies("until the answer", everywhere);
      report.latencies("acknowledged by a node", eachNode);
      report.line("calls", permits + " permitted, " + denials + " denied, none otherwise");
      report.latencies("a call", calls.latencies());
      calls.requireNoFaults();
      return List.of(
          Goal.below(
              String.format(
                  Locale.ROOT,
                  "%d policies published until each of %d nodes decides by them",
                  policies,
                  rig.product().nodes().size()),
              MOST_MILLIS,
              everywhere.millis(100),
              "ms at most"));
    }
  }

  /** About other agents and other tools, as most policies are. */
  private static String policy(int number) {
    return """
    permit (principal, action == Action::"tool:call", resource == Tool::"tool-%1$d")
    when { principal has name && principal.name == "agent-%1$d" };
    """
        .formatted(number);
  }

  private Pacer load(Rig rig, List<Fleet.Identity> agents, Tally tally) {
    var pacer = new Pacer(callers(rig, agents, tally), tally);
    pacer.begin(rig.loop(), System.nanoTime(), TimeUnit.SECONDS.toNanos(1) / rate);
    return pacer;
  }

  private List<PlainCaller> callers(Rig rig, List<Fleet.Identity> agents, Tally tally) {
    var callers = new ArrayList<PlainCaller>();
    for (int i = 0; i < agents.size(); i++) {
      var acting = rig.product().node(i).acting();
      callers.add(
          new PlainCaller(
              new Caller(rig.loop(), acting),
              Messages.plain(acting, agents.get(i).accessToken()),
              this::isRight,
              tally));
    }
    return callers;
  }

  /** By one bundle or the other, whole; and by the newer one as soon as it is said to decide. */
  private boolean isRight(Caller.Answer answer) {
    String decision = answer.head().field("x-redoubt-decision").orElse("");
    boolean permitted =
        answer.status() == 200 && decision.equals("permit") && answer.body().equals(permittedBody);
    boolean denied =
        answer.status() == 403 && decision.equals("deny") && answer.body().contains("(gate)");
    if (permitted) {
      permits++;
    } else if (denied) {
      denials++;
    }
    return (permitted || denied)
        && (!settled || answer.sentAt() - settledAt < 0 || answer.status() == expected);
  }

  /** What was permitted is forbidden, or the reverse. */
  private Caller.Answer publish(Rig rig, Caller operator, int round)
      throws IOException, InterruptedException {
    String gate = round % 2 == 0 ? "forbid" : "permit";
    var to = operator.address();
    String policy =
        "{\"cedar\": \"%s (principal, action == Action::\\\"llm:generate\\\", resource);\"}"
            .formatted(gate);
    var put = operator.ask(Request.put(to, "/api/v1/policies/gate", rig.api().bearer(), policy));
    if (put.status() / 100 != 2) {
      throw new IOException("a policy → " + put.status() + " " + put.body());
    }
    settled = false;
    var answer = operator.ask(Request.post(to, "/api/v1/bundles", rig.api().bearer(), "{}"));
    if (answer.status() != 201 && answer.status() != 202) {
      throw new IOException("publishing → " + answer.status() + " " + answer.body());
    }
    expected = gate.equals("permit") ? 200 : 403;
    settledAt = answer.endedAt();
    settled = answer.status() == 201;
    return answer;
  }

  private void record(Rig rig, Caller.Answer answer) throws IOException {
    JsonNode published = Json.LENIENT.readTree(answer.body());
    var from = Instant.parse(published.path("published_at").asText());
    var acknowledged = published.path("nodes").findValuesAsText("acknowledged_at");
    if (acknowledged.size() != rig.product().nodes().size()) {
      throw new IOException("not every node in time: " + answer.body());
    }
    everywhere.record(answer.nanos());
    acknowledged.forEach(
        at -> eachNode.record(Duration.between(from, Instant.parse(at)).toNanos()));
  }
}
