package io.redoubt.controlplane.agent;

import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Signals;
import io.redoubt.controlplane.enclave.Enclaves;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Acknowledgement;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The kill switch, as far as it is here: orders go to the enclave, which carries them out and sends
 * the proof (G3). Who asks is answered with the proof, or told that it is still to come.
 */
public final class Lifecycle {
  private final CommandLog commands;
  private final Enclaves enclaves;
  private final Database database;
  private final Signals<EnclaveId> answered = new Signals<>();
  private final Duration wait;
  private final Duration poll;
  private final Clock clock;

  /**
   * A kill switch.
   *
   * @param wait how long a caller waits for the proof
   * @param poll how often a proof is looked for that another process may have taken in
   */
  public Lifecycle(
      CommandLog commands,
      Enclaves enclaves,
      Database database,
      Duration wait,
      Duration poll,
      Clock clock) {
    this.commands = commands;
    this.enclaves = enclaves;
    this.database = database;
    this.wait = wait;
    this.poll = poll;
    this.clock = clock;
  }

  Order isolate(Change change, Agent agent, String reason) {
    var id = IsolationId.next(clock);
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.isolation
              (organization_id, id, agent_id, reason, asked_by, asked_at)
            VALUES (:organization, :id, :agent, :reason, :by, :now)
            """)
        .bind("organization", change.organization().uuid())
        .bind("id", id.uuid())
        .bind("agent", agent.id().uuid())
        .bind("reason", reason)
        .bind("by", by(change))
        .bind("now", change.now())
        .execute();
    return order(
        change,
        agent,
        "isolate",
        reason,
        Set.of(id),
        new LinkCommand.Isolate(agent.id(), id, reason, by(change)));
  }

  /**
   * Lifts isolations, always by name: a release that comes late must not undo a newer isolation.
   *
   * @param named those to lift; empty: those that stand as it is asked
   */
  Order release(Change change, Agent agent, Optional<Set<IsolationId>> named, String reason) {
    Set<IsolationId> ids =
        named.orElseGet(() -> {
          var standing = new HashSet<IsolationId>();
          agent.isolations().forEach(isolation -> standing.add(isolation.id()));
          return standing;
        });
    if (ids.isEmpty()) {
      // With break-glass it may be, and this not have been heard of yet: its release has the name.
      throw ProblemException.of(
          ErrorType.CONFLICT,
          "No isolation of the agent is known here. One that was made at its enclave just now is"
              + " known in a few seconds; until then, name it in isolation_ids, or release it there.");
    }
    return order(
        change,
        agent,
        "release",
        reason,
        ids,
        new LinkCommand.Release(agent.id(), ids, reason, by(change)));
  }

  Order revoke(Change change, Agent agent, String reason) {
    return order(
        change,
        agent,
        "revoke",
        reason,
        Set.of(),
        new LinkCommand.Revoke(agent.id(), reason, by(change)));
  }

  /** Ends one access token; the agent stays what it is. */
  Order revokeToken(Change change, Agent agent, String jti, String reason) {
    return order(
        change,
        agent,
        "revoke-token",
        reason,
        jti + ": " + reason,
        Set.of(),
        new LinkCommand.RevokeToken(agent.id(), jti, reason, by(change)));
  }

  Order decommission(Change change, Agent agent) {
    String reason = "deleted";
    return order(
        change,
        agent,
        "decommission",
        reason,
        Set.of(),
        new LinkCommand.Decommission(agent.id(), reason, by(change)));
  }

  /** The order that an agent's deletion has given. */
  Optional<Order> decommissionOf(Change change, Agent agent) {
    return change
        .handle()
        .createQuery(
            """
            SELECT enclave_id, command_number FROM control.lifecycle_order
            WHERE organization_id = :organization AND agent_id = :agent AND kind = 'decommission'
            ORDER BY command_number DESC LIMIT 1
            """)
        .bind("organization", change.organization().uuid())
        .bind("agent", agent.id().uuid())
        .map((row, _) ->
            new Order(
                new EnclaveId(Rows.uuid(row, "enclave_id")),
                row.getLong("command_number"),
                null,
                enclaves.isListening(change, agent.enclaveId(), change.now())))
        .findOne();
  }

  private Order order(
      Change change,
      Agent agent,
      String kind,
      String reason,
      Set<IsolationId> isolations,
      LinkCommand command) {
    return order(change, agent, kind, reason, reason, isolations, command);
  }

  /** {@code detail} is what the record of it says. */
  private Order order(
      Change change,
      Agent agent,
      String kind,
      String reason,
      String detail,
      Set<IsolationId> isolations,
      LinkCommand command) {
    long number = commands.append(change, agent.enclaveId(), command);
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.lifecycle_order
              (organization_id, enclave_id, command_number, agent_id, kind, isolation_ids, reason,
               asked_by, asked_at)
            VALUES (:organization, :enclave, :number, :agent, :kind, CAST(:isolations AS jsonb),
              :reason, :by, :now)
            """)
        .bind("organization", change.organization().uuid())
        .bind("enclave", agent.enclaveId().uuid())
        .bind("number", number)
        .bind("agent", agent.id().uuid())
        .bind("kind", kind)
        .bind("isolations", Rows.json(isolations))
        .bind("reason", reason)
        .bind("by", by(change))
        .bind("now", change.now())
        .execute();
    change.auditedAgent("agent:" + kind, agent.id(), agent.profile().owner().toString(), detail);
    @Nullable IsolationId made = kind.equals("isolate") ? isolations.iterator().next() : null;
    return new Order(
        agent.enclaveId(),
        number,
        made,
        enclaves.isListening(change, agent.enclaveId(), change.now()));
  }

  private static String by(Change change) {
    return change.operator().subject();
  }

  /** Signalled when an answer of the enclave to an order was taken in by this process. */
  Signals<EnclaveId> answered() {
    return answered;
  }

  /**
   * The proof; empty if it does not come in time, or the enclave is not there to give one. Where
   * the enclave has refused the order there is none to wait for: a conflict, with its reason.
   */
  CompletionStage<Optional<Acknowledgement>> proofOf(OrganizationId organization, Order order) {
    return proofOf(
        organization, order, order.listening() ? clock.instant().plus(wait) : clock.instant());
  }

  private CompletionStage<Optional<Acknowledgement>> proofOf(
      OrganizationId organization, Order order, Instant deadline) {
    var signal = answered.expect(order.enclave());
    return database
        .inOrganization(organization, handle -> find(handle, organization, order))
        .thenCompose(proof ->
            proof.isPresent() || !clock.instant().isBefore(deadline)
                ? CompletableFuture.completedFuture(proof)
                : signal.atMost(poll).thenCompose(_ -> proofOf(organization, order, deadline)));
  }

  private static Optional<Acknowledgement> find(
      Handle handle, OrganizationId organization, Order order) {
    return handle
        .createQuery(
            """
            SELECT o.proof, c.rejected_why
            FROM control.lifecycle_order o
            JOIN control.enclave_command c
              ON c.enclave_id = o.enclave_id AND c.number = o.command_number
            WHERE o.organization_id = :organization AND o.enclave_id = :enclave
              AND o.command_number = :number
              AND (o.proof IS NOT NULL OR c.rejected_why IS NOT NULL)
            """)
        .bind("organization", organization.uuid())
        .bind("enclave", order.enclave().uuid())
        .bind("number", order.number())
        .map((row, _) ->
            new Answered(
                row.getString("proof") == null
                    ? null
                    : Rows.json(row, "proof", Acknowledgement.class),
                row.getString("rejected_why")))
        .findOne()
        .map(Answered::proofOrConflict);
  }

  /** What the enclave said to an order: the proof, or why there will be none. */
  private record Answered(@Nullable Acknowledgement proof, @Nullable String refusal) {
    Acknowledgement proofOrConflict() {
      if (proof == null) {
        throw ProblemException.of(
            ErrorType.CONFLICT, "The enclave has refused the order: " + refusal + ".");
      }
      return proof;
    }
  }
}
