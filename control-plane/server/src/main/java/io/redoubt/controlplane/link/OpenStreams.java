package io.redoubt.controlplane.link;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.http.HttpServer;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** The streams of commands that are open here: few for each enclave, none without its client. */
final class OpenStreams {
  private final int mostPerEnclave;
  private final Conversation conversation;
  private final ConcurrentHashMap<EnclaveId, Integer> open = new ConcurrentHashMap<>();
  private final SharedKillSwitch untilTheServerStops = KillSwitches.shared("server");

  OpenStreams(int mostPerEnclave, Conversation conversation, MeterRegistry metrics) {
    this.mostPerEnclave = mostPerEnclave;
    this.conversation = conversation;
    Gauge.builder(
            "redoubt.link.streams",
            open,
            streams -> streams.values().stream().mapToInt(Integer::intValue).sum())
        .description("Streams of commands that enclaves have open here")
        .register(metrics);
  }

  void requireRoom(Caller caller) {
    if (open.getOrDefault(caller.enclave(), 0) >= mostPerEnclave) {
      throw ProblemException.retryAfter(
          ErrorType.RATE_LIMITED, "The enclave has enough streams open.", 1);
    }
  }

  Source<ByteString, NotUsed> tracked(
      Caller caller, HttpRequest request, Source<ByteString, NotUsed> events) {
    var whileThereIsAClient = KillSwitches.shared("client");
    request
        .getAttribute(HttpServer.CLIENT_GONE)
        .ifPresent(gone -> {
          var _ = gone.whenComplete((_, _) -> whileThereIsAClient.shutdown());
        });
    return events
        .via(whileThereIsAClient.flow())
        .via(untilTheServerStops.flow())
        .watchTermination((mat, done) -> {
          // Runs when the stream does: an answer that nobody took leaves nothing open.
          open.merge(caller.enclave(), 1, Integer::sum);
          var _ = done.whenComplete((_, _) -> close(caller));
          return mat;
        });
  }

  /** Ends them all; the enclaves will try elsewhere. */
  void end() {
    untilTheServerStops.shutdown();
  }

  private void close(Caller caller) {
    var left =
        open.computeIfPresent(
            caller.enclave(), (_, count) -> count == 1 ? null : Integer.valueOf(count - 1));
    if (left == null) {
      conversation.silent(caller);
    }
  }
}
