package io.redoubt.controlplane.link;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Delivery;
import io.redoubt.controlplane.key.SigningKeys;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.Heartbeat;
import io.redoubt.protocol.link.LinkCommand;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An enclave's commands as server-sent events: what there is, then what comes, with a signed
 * heartbeat in between (G8). Nothing is read ahead of what the enclave takes.
 */
final class CommandStream {
  private static final Logger LOG = LoggerFactory.getLogger(CommandStream.class);

  private final Database database;
  private final CommandLog commands;
  private final Map<String, Delivery> deliveries;
  private final Approvals approvals;
  private final SigningKeys keys;
  private final LinkConfig config;
  private final Clock clock;

  CommandStream(
      Database database,
      CommandLog commands,
      List<Delivery> deliveries,
      Approvals approvals,
      SigningKeys keys,
      LinkConfig config,
      Clock clock) {
    this.database = database;
    this.commands = commands;
    this.deliveries =
        deliveries.stream().collect(Collectors.toMap(Delivery::commandKind, Function.identity()));
    this.approvals = approvals;
    this.keys = keys;
    this.config = config;
    this.clock = clock;
  }

  /**
   * Where a stream stands.
   *
   * @param number of the last command sent
   */
  private record Place(long number, Instant nextHeartbeat, Instant end) {}

  /**
   * One look into the database.
   *
   * @param enrolmentKey empty: the API key that the stream was opened with is not the enclave's any
   *     longer
   * @param bundle that a heartbeat names
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Look(
      Optional<byte[]> enrolmentKey,
      List<CommandLog.Entry> entries,
      long last,
      Optional<String> bundle) {}

  Source<ByteString, NotUsed> after(Caller caller, long number) {
    Instant now = clock.instant();
    var ended = new AtomicBoolean();
    return Source.unfoldAsync(
            new Place(number, now, now.plus(config.streamLifetime())),
            place -> next(caller, place, ended))
        .mapConcat(events -> events)
        .mapError(
            Throwable.class,
            failure -> {
              LOG.warn("Command stream of {} ends early", caller.enclave(), failure);
              return failure;
            })
        // The enclave reconnects; half an event would tell it nothing more.
        .onErrorComplete()
        .watchTermination((mat, done) -> {
          var _ = done.whenComplete((_, _) -> ended.set(true));
          return mat;
        });
  }

  private CompletionStage<Optional<Pair<Place, List<ByteString>>>> next(
      Caller caller, Place place, AtomicBoolean ended) {
    Instant now = clock.instant();
    if (ended.get() || !now.isBefore(place.end())) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    boolean heartbeatDue = !now.isBefore(place.nextHeartbeat());
    var signal = commands.appended().expect(caller.enclave());
    return database
        .inOrganization(caller.home(), handle -> look(handle, caller, place, now, heartbeatDue))
        .thenCompose(look -> {
          if (look.enrolmentKey().isEmpty()) {
            return CompletableFuture.completedFuture(Optional.empty());
          }
          if (look.entries().isEmpty() && !heartbeatDue) {
            return signal.atMost(pause(now, place)).thenCompose(_ -> next(caller, place, ended));
          }
          return events(caller, look, heartbeatDue)
              .thenApply(events ->
                  Optional.of(Pair.create(advance(place, look, now, heartbeatDue), events)));
        });
  }

  private Look look(Handle handle, Caller caller, Place place, Instant now, boolean heartbeatDue) {
    if (heartbeatDue) {
      Contacts.listens(handle, caller, now.plus(config.listensFor()));
    }
    return new Look(
        Contacts.enrolmentKey(handle, caller),
        commands.after(handle, caller.enclave(), place.number(), config.batch()),
        commands.last(handle, caller.enclave()),
        heartbeatDue ? commands.newestBundle(handle, caller.enclave()) : Optional.empty());
  }

  private Duration pause(Instant now, Place place) {
    Duration untilHeartbeat = Duration.between(now, place.nextHeartbeat());
    return untilHeartbeat.compareTo(config.pollInterval()) < 0
        ? untilHeartbeat
        : config.pollInterval();
  }

  private Place advance(Place place, Look look, Instant now, boolean heartbeatDue) {
    return new Place(
        look.entries().isEmpty() ? place.number() : look.entries().getLast().number(),
        heartbeatDue ? now.plus(config.heartbeatInterval()) : place.nextHeartbeat(),
        place.end());
  }

  private CompletionStage<List<ByteString>> events(Caller caller, Look look, boolean heartbeatDue) {
    var first = new ArrayList<ByteString>();
    if (heartbeatDue) {
      // Before the commands, so that nobody acts on one before the enclave knows how fresh it is.
      first.add(heartbeat(caller, look));
    }
    CompletionStage<List<ByteString>> all = CompletableFuture.completedFuture(first);
    for (CommandLog.Entry entry : look.entries()) {
      all =
          all.thenCompose(events ->
              command(caller, look, entry)
                  .thenApply(command -> {
                    events.add(event(caller, entry, command));
                    return events;
                  }));
    }
    return all;
  }

  /**
   * What comes with a secret is told as it is now, sealed to the enclave; and what somebody has
   * decided counts only if they may still decide.
   */
  private CompletionStage<LinkCommand> command(Caller caller, Look look, CommandLog.Entry entry) {
    var delivery = deliveries.get(entry.kind());
    if (delivery != null) {
      return delivery.deliver(
          entry.organization(), entry.name(), caller.enclave(), look.enrolmentKey().orElseThrow());
    }
    try {
      var command = Json.LENIENT.treeToValue(entry.command(), LinkCommand.class);
      return command instanceof LinkCommand.DecideApproval decision
          ? approvals.deliver(entry.organization(), decision)
          : CompletableFuture.completedFuture(command);
    } catch (JsonProcessingException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private ByteString event(Caller caller, CommandLog.Entry entry, LinkCommand command) {
    var envelope =
        new CommandEnvelope(
            caller.enclave(), entry.number(), entry.organization(), entry.issuedAt(), command);
    return ByteString.fromString(
        "id: " + entry.number() + "\nevent: command\ndata: " + signed(envelope) + "\n\n");
  }

  private ByteString heartbeat(Caller caller, Look look) {
    var heartbeat =
        new Heartbeat(caller.enclave(), clock.instant(), look.last(), look.bundle().orElse(null));
    return ByteString.fromString("event: heartbeat\ndata: " + signed(heartbeat) + "\n\n");
  }

  private String signed(Object payload) {
    return Jws.sign(keys.current(), Jws.Type.LINK_COMMAND, Json.write(payload));
  }
}
