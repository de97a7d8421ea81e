package io.redoubt.enclave.link;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.link.AuditOutbox;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.singleton.SupersededException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ships audit upward, in order, for as long as it takes: what the control plane has not confirmed
 * is sent again (G8, G10). A cluster singleton, whose work runs on a thread of its own.
 */
public final class AuditForwarder implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditForwarder.class);

  private final LinkConfig config;
  private final LinkClient client;
  private final AuditOutbox outbox;
  private final Counter forwarded;
  private final Counter failed;
  private final Consumer<String> superseded;

  private AuditForwarder(
      LinkConfig config,
      LinkClient client,
      AuditOutbox outbox,
      MeterRegistry metrics,
      Consumer<String> superseded) {
    this.config = config;
    this.client = client;
    this.outbox = outbox;
    this.forwarded = metrics.counter("redoubt.audit.forwarded");
    this.failed = metrics.counter("redoubt.audit.forward.failures");
    this.superseded = superseded;
  }

  /** What it is told: nothing, but by its own thread. */
  public sealed interface Command {}

  private record Superseded(String why) implements Command {}

  /**
   * The behavior of a node that holds the singleton.
   *
   * @param tls whom to believe to be the control plane
   * @param outbox written to in the name of the tenure
   */
  public static Behavior<Command> create(
      LinkConfig config, SSLContext tls, AuditOutbox outbox, MeterRegistry metrics) {
    return Behaviors.setup(context -> {
      var self = context.getSelf();
      var client = new LinkClient(config, tls);
      var forwarder =
          new AuditForwarder(
              config, client, outbox, metrics, why -> self.tell(new Superseded(why)));
      var thread = Thread.ofVirtual().name("redoubt-audit-forwarder").start(forwarder);
      return Behaviors.receive(Command.class)
          .onMessage(
              Superseded.class,
              superseded -> {
                throw new SupersededException(superseded.why());
              })
          .onSignal(PostStop.class, _ -> end(thread, client))
          .onSignal(PreRestart.class, _ -> end(thread, client))
          .build();
    });
  }

  private static Behavior<Command> end(Thread thread, LinkClient client) {
    thread.interrupt();
    client.close();
    return Behaviors.same();
  }

  @Override
  public void run() {
    var backoff = new Backoff(config.backoffMin(), config.backoffMax());
    @Nullable String told = null;
    try {
      while (!Thread.currentThread().isInterrupted()) {
        try {
          var batches = Waiting.on(outbox.next(config.auditLines()));
          forward(batches);
          backoff.reset();
          told = null;
          Thread.sleep(config.auditPause(batches.stream().mapToInt(it -> it.lines().size()).sum()));
        } catch (SupersededException e) {
          superseded.accept(String.valueOf(e.getMessage()));
          return;
        } catch (IOException | TimeoutException | RuntimeException e) {
          failed.increment();
          // Once for each cause: while the control plane is away for hours this would be the log.
          if (!e.toString().equals(told)) {
            told = e.toString();
            LOG.warn("Audit cannot be forwarded for now: {}", told);
          }
          backoff.pause(config.longestPause(e));
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** One organization's trouble does not keep the others' records back. */
  private void forward(List<AuditBatch.Stored> batches)
      throws IOException, InterruptedException, TimeoutException {
    @Nullable IOException trouble = null;
    for (var batch : batches) {
      try {
        forward(batch);
      } catch (LinkClient.RefusedException e) {
        trouble = e;
      }
    }
    if (trouble != null) {
      throw trouble;
    }
  }

  private void forward(AuditBatch.Stored batch)
      throws IOException, InterruptedException, TimeoutException {
    long last = batch.first() + batch.lines().size() - 1;
    long contiguous = client.audit(batch);
    if (contiguous < batch.first() - 1) {
      // It confirmed these once. Sending on would tear a hole that nobody could close (G10).
      throw new IOException(
          "the control plane has lost audit of "
              + batch.organizationId()
              + " after number "
              + contiguous);
    }
    long kept = Math.min(contiguous, last);
    Waiting.on(outbox.confirmed(batch.organizationId(), kept));
    forwarded.increment((double) (kept - batch.first() + 1));
  }
}
