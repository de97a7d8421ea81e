package io.redoubt.controlplane.link;

import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Retelling;
import io.redoubt.controlplane.key.SigningKeys;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Operator;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Hello;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/** How a conversation with an enclave begins and goes on. */
final class Conversation {
  /** What was passed over just now would only be passed over again. */
  private static final Duration PASSED_OVER_FOR = Duration.ofSeconds(5);

  private final Database database;
  private final Contacts contacts;
  private final CommandLog commands;
  private final List<Retelling> retellings;
  private final SigningKeys keys;
  private final Trail trail;
  private final String version;
  private final LinkConfig config;
  private final Clock clock;

  Conversation(
      Database database,
      Contacts contacts,
      CommandLog commands,
      List<Retelling> retellings,
      SigningKeys keys,
      Trail trail,
      String version,
      LinkConfig config,
      Clock clock) {
    this.database = database;
    this.contacts = contacts;
    this.commands = commands;
    this.retellings = List.copyOf(retellings);
    this.keys = keys;
    this.trail = trail;
    this.version = version;
    this.config = config;
    this.clock = clock;
  }

  /**
   * Where the enclave stands.
   *
   * @param enrolled whether it ever said hello
   * @param last number of the newest command for it
   */
  record Standing(boolean enrolled, long last) {}

  CompletionStage<Hello.Response> hello(Caller caller, byte[] enrolmentKey, String software) {
    return tellAgain(caller)
        .thenCompose(_ ->
            inTurn(
                caller,
                handle -> {
                  if (Contacts.enrolled(handle, caller, enrolmentKey, software, now())) {
                    audit(handle, caller);
                  }
                  return new Hello.Response(
                      caller.enclave(),
                      version,
                      keys.published(),
                      keys.publishedSigned().orElse(null),
                      keys.publishedVouched(),
                      commands.last(handle, caller.enclave()));
                }));
  }

  private CompletionStage<Void> tellAgain(Caller caller) {
    CompletionStage<Void> told = CompletableFuture.completedFuture(null);
    for (var each : retellings) {
      told = told.thenCompose(_ -> tellAgain(caller, each));
    }
    return told;
  }

  private CompletionStage<Void> tellAgain(Caller caller, Retelling what) {
    return database
        .inTransaction(
            handle -> what.passedOver(handle, caller.enclave(), now().minus(PASSED_OVER_FOR)))
        .thenCompose(organizations -> {
          CompletionStage<Void> told = CompletableFuture.completedFuture(null);
          for (OrganizationId organization : organizations) {
            told = told.thenCompose(_ -> tellAgain(organization, caller.enclave(), what));
          }
          return told;
        });
  }

  private CompletionStage<Void> tellAgain(
      OrganizationId organization, EnclaveId enclave, Retelling what) {
    return database.inOrganization(
        organization,
        handle -> {
          var change = new Change(handle, Operator.system(organization), clock, null, trail);
          change.lockOrganization(); // what is changed meanwhile is told after this
          what.tell(change, enclave);
          return null;
        });
  }

  private void audit(Handle handle, Caller caller) {
    trail.record(
        handle,
        new AuditBuilder(
                ActionId.next(clock).auditId(),
                now(),
                caller.home(),
                Plane.ADMIN,
                "enclave:enrol",
                Verdict.PERMIT)
            .resource(caller.enclave().toString())
            .build());
  }

  CompletionStage<Standing> standing(Caller caller) {
    return inTurn(
        caller,
        handle -> {
          Contacts.heard(handle, caller, now());
          return new Standing(
              Contacts.enrolmentKey(handle, caller).isPresent(),
              commands.last(handle, caller.enclave()));
        });
  }

  /** The enclave called, whatever for. */
  CompletionStage<Void> heard(Caller caller) {
    return inTurn(
        caller,
        handle -> {
          Contacts.heard(handle, caller, now());
          return null;
        });
  }

  /** The enclave's last stream here has ended; should this fail, time will tell. */
  void silent(Caller caller) {
    var _ =
        database
            .inOrganization(
                caller.home(),
                handle -> {
                  Contacts.silent(handle, caller, now().plus(config.listensAfterClose()));
                  return caller;
                })
            .exceptionally(_ -> caller);
  }

  private <T> CompletionStage<T> inTurn(Caller caller, Function<Handle, T> work) {
    return database.blocking(() -> contacts.inTurn(caller, work));
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}
