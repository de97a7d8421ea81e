package io.redoubt.bench.scenario;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.bench.load.Caller;
import io.redoubt.bench.load.Request;
import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Latencies;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.measure.Window;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.bench.upstream.UpstreamProcess;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One agent after the other is isolated through the operator API while all stream on every node;
 * then it is released and streams again, so that there are always as many.
 */
@Command(
    name = "isolate",
    description = "Isolating agents on three nodes with many streams open: until it is proved")
public final class Isolate implements Scenario {
  private static final int CHUNKS = 1200;
  private static final int PACE_MILLIS = 500;
  private static final int WARM_UP = 60;
  private static final long OPEN_APART_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long OPEN_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long END_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int BOUND_MILLIS = 50;

  @Mixin private ProductOptions product = new ProductOptions();

  @Option(names = "--agents", defaultValue = "100", description = "default: ${DEFAULT-VALUE}")
  private int count = 100;

  @Option(
      names = "--streams",
      defaultValue = "1000",
      description = "open at any time, all agents and nodes together (default: ${DEFAULT-VALUE})")
  private int streams = 1000;

  @Option(names = "--isolates", defaultValue = "250", description = "default: ${DEFAULT-VALUE}")
  private int isolates = 250;

  private final Tally tally = new Tally();
  private final Latencies ends = new Latencies();
  private final Latencies lastBytes = new Latencies();

  /** An agent and what it has under way. */
  private record Streaming(Fleet.Identity agent, List<HeldStream> streams, Caller next) {}

  @Override
  public List<Goal> measure(Report report) throws Exception {
    try (Rig rig = Rig.start(product.orNodes(3), report);
        UpstreamProcess upstream = UpstreamProcess.start()) {
      rig.api().putProvider("bench", upstream.port());
      rig.api().keepPayloads("metadata");
      var agents = open(rig, report);
      var operator = new Caller(rig.loop(), rig.product().runtime().controlPlane());
      for (int i = 0; i < WARM_UP; i++) {
        isolate(rig, operator, agents.get(i % count));
      }
      tally.reset();
      ends.reset();
      lastBytes.reset();
      var measured = Window.open(rig.parts(upstream.measured()));
      for (int i = 0; i < isolates; i++) {
        isolate(rig, operator, agents.get((WARM_UP + i) % count));
      }
      var cost = measured.close();
      long open =
          agents.stream().flatMap(it -> it.streams.stream()).filter(HeldStream::isFlowing).count();
      report.title("isolate: " + isolates + " agents, one after the other; " + open + " streams");
      report.line("each answer", rig.product().nodes().size() + " nodes, all `cut`");
      report.latencies("until the answer", tally.latencies());
      report.latencies("stream over, after that", ends);
      report.latencies("last byte, after that", lastBytes);
      report.line("processors", String.format(Locale.ROOT, "idle %.0f %%", 100 * cost.idleShare()));
      report.memory(rig.product().parts());
      tally.requireNoFaults();
      return List.of(
          Goal.below(
              "isolate until the answer, p99, " + open + " streams open",
              250,
              tally.latencies().millis(99),
              "ms"),
          Goal.below(
              "last stream over, after the answer, at most", BOUND_MILLIS, ends.millis(100), "ms"));
    }
  }

  private List<Streaming> open(Rig rig, Report report) throws IOException, InterruptedException {
    var agents = new ArrayList<Streaming>();
    var identities = Fleet.enrol(rig.product(), rig.api(), "isolate", count);
    long due = System.nanoTime();
    for (var agent : identities) {
      int number = agents.size();
      var own = new ArrayList<HeldStream>();
      for (int i = 0; i < streams / count; i++) {
        var acting = rig.product().node(number + i).acting();
        byte[] request = Messages.stream(acting, agent.accessToken(), CHUNKS, PACE_MILLIS);
        var caller = new Caller(rig.loop(), acting);
        var stream = new HeldStream(rig.loop(), caller, request, tally);
        own.add(stream);
        due += OPEN_APART_NANOS;
        rig.loop().at(due, stream::open);
      }
      var next = new Caller(rig.loop(), rig.product().node(number).acting());
      agents.add(new Streaming(agent, own, next));
    }
    awaitFlow(rig, agents.stream().flatMap(it -> it.streams.stream()).toList());
    report.title("isolate: " + streams + " streams of " + count + " agents are open");
    return agents;
  }

  private void awaitFlow(Rig rig, List<HeldStream> opened) throws IOException {
    boolean flowing =
        rig.loop()
            .runWhile(
                () -> !opened.stream().allMatch(HeldStream::isFlowing),
                System.nanoTime() + OPEN_LIMIT_NANOS);
    tally.requireNoFaults();
    if (!flowing) {
      throw new IOException("not every stream flows after 30 s");
    }
  }

  private void isolate(Rig rig, Caller operator, Streaming streaming)
      throws IOException, InterruptedException {
    streaming.streams.forEach(HeldStream::expectCut);
    var answer = order(rig, operator, streaming, "isolate");
    check(rig, streaming, answer);
    boolean over =
        rig.loop()
            .runWhile(
                () -> !streaming.streams.stream().allMatch(HeldStream::isEnded),
                System.nanoTime() + END_LIMIT_NANOS);
    if (!over) {
      tally.fault("a stream goes on although its agent is isolated");
    }
    for (var stream : streaming.streams) {
      ends.record(stream.endedAt() - answer.endedAt());
      lastBytes.record(stream.lastByteAt() - answer.endedAt());
    }
    tally.done(answer.nanos());

    byte[] call = Messages.plain(streaming.next.address(), streaming.agent.accessToken());
    int status = streaming.next.ask(call).status();
    if (status != 403) {
      tally.fault("a call of an isolated agent → " + status);
    }
    order(rig, operator, streaming, "release");
    streaming.streams.forEach(HeldStream::open);
    awaitFlow(rig, streaming.streams);
  }

  private Caller.Answer order(Rig rig, Caller operator, Streaming streaming, String what)
      throws IOException, InterruptedException {
    String path = "/api/v1/agents/" + streaming.agent.agent() + "/" + what;
    String body = "{\"reason\":\"bench\"}";
    var answer = operator.ask(Request.post(operator.address(), path, rig.api().bearer(), body));
    if (answer.status() != 200) {
      throw new IOException(what + " → " + answer.status() + " " + answer.body());
    }
    return answer;
  }

  /** G3: every node is named, has cut, and together they have cut what was open. */
  private void check(Rig rig, Streaming streaming, Caller.Answer answer) throws IOException {
    JsonNode nodes = Json.LENIENT.readTree(answer.body()).path("nodes");
    int cut = 0;
    boolean all = nodes.size() == rig.product().nodes().size();
    for (JsonNode node : nodes) {
      all &= node.path("how").asText().equals("cut");
      cut += node.path("streams_cut").asInt();
    }
    if (!all || cut != streaming.streams.size()) {
      tally.fault("an isolate's answer " + answer.body());
    }
  }
}
