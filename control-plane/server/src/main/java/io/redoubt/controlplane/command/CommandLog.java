package io.redoubt.controlplane.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.LinkCommand;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * What each enclave is told, in order and without gaps. A command is appended in the transaction of
 * the change that it tells of, so neither happens without the other.
 */
public final class CommandLog {
  /** A provider's entry names the provider only: its key is sealed at delivery. */
  private static final String PROVIDER_PUT = "provider.put";

  private final Signals<EnclaveId> appended = new Signals<>();

  /**
   * One entry.
   *
   * @param provider the provider whose current state is meant; empty: {@code command} says it all
   */
  public record Entry(
      long number,
      OrganizationId organization,
      JsonNode command,
      Optional<String> provider,
      Instant issuedAt) {}

  /** Signalled when something was appended for the enclave by this process. */
  public Signals<EnclaveId> appended() {
    return appended;
  }

  /** Tells one enclave. */
  public long append(Change change, EnclaveId enclave, LinkCommand command) {
    ObjectNode payload = Json.LENIENT.valueToTree(command);
    return append(change, enclave, payload);
  }

  /** Tells every enclave that serves the organization. */
  public void broadcast(Change change, LinkCommand command) {
    change.lockOrganization(); // an enclave that begins to serve at this moment hears it too
    enclavesOf(change).forEach(enclave -> append(change, enclave, command));
  }

  /** Tells one enclave of a provider as it will be when the command is delivered. */
  public void appendProvider(Change change, EnclaveId enclave, String name) {
    append(
        change,
        enclave,
        Json.LENIENT.createObjectNode().put("kind", PROVIDER_PUT).put("name", name));
  }

  /** Tells every enclave that serves the organization of a provider. */
  public void broadcastProvider(Change change, String name) {
    change.lockOrganization();
    enclavesOf(change).forEach(enclave -> appendProvider(change, enclave, name));
  }

  /** The enclaves that serve the organization of the change now, in the order of their ids. */
  public List<EnclaveId> enclavesOf(Change change) {
    return change
        .handle()
        .createQuery(
            """
            SELECT s.enclave_id FROM control.enclave_organization s
            JOIN control.enclave e ON e.id = s.enclave_id AND e.deleted_at IS NULL
            WHERE s.organization_id = :organization ORDER BY s.enclave_id
            """)
        .bind("organization", change.organization().uuid())
        .map((row, _) -> new EnclaveId(Rows.uuid(row, "enclave_id")))
        .list();
  }

  private long append(Change change, EnclaveId enclave, ObjectNode payload) {
    long number =
        change
            .handle()
            .createQuery(
                "SELECT control.append_command(:enclave, :kind, CAST(:payload AS jsonb), :now)")
            .bind("enclave", enclave.uuid())
            .bind("kind", payload.required("kind").asText())
            .bind("payload", Rows.json(payload))
            .bind("now", change.now())
            .mapTo(Long.class)
            .one();
    change.handle().afterCommit(() -> appended.fire(enclave));
    return number;
  }

  /** What follows a number, oldest first. */
  public List<Entry> after(Handle handle, EnclaveId enclave, long number, int atMost) {
    return handle
        .createQuery(
            """
            SELECT number, organization_id, payload, issued_at
            FROM control.commands_after(:enclave, :number, :atMost)
            """)
        .bind("enclave", enclave.uuid())
        .bind("number", number)
        .bind("atMost", atMost)
        .map((row, _) -> {
          var payload = Rows.json(row, "payload", JsonNode.class);
          return new Entry(
              row.getLong("number"),
              new OrganizationId(Rows.uuid(row, "organization_id")),
              payload,
              payload.required("kind").asText().equals(PROVIDER_PUT)
                  ? Optional.of(payload.required("name").asText())
                  : Optional.empty(),
              Rows.instant(row, "issued_at"));
        })
        .list();
  }

  /** What an enclave was told last of that kind about the organization; empty: nothing it took. */
  public Optional<JsonNode> newest(Change change, EnclaveId enclave, String kind) {
    return change
        .handle()
        .createQuery(
            """
            SELECT payload FROM control.enclave_command
            WHERE enclave_id = :enclave AND organization_id = :organization AND kind = :kind
              AND rejected_why IS NULL
            ORDER BY number DESC
            LIMIT 1
            """)
        .bind("enclave", enclave.uuid())
        .bind("organization", change.organization().uuid())
        .bind("kind", kind)
        .map((row, _) -> Rows.json(row, "payload", JsonNode.class))
        .findOne();
  }

  /** Number of the newest command; 0: none. */
  public long last(Handle handle, EnclaveId enclave) {
    return handle
        .createQuery("SELECT control.last_command(:enclave)")
        .bind("enclave", enclave.uuid())
        .mapTo(Long.class)
        .one();
  }

  /** Digest of the bundle that the enclave was told of last; empty: of none. */
  public Optional<String> newestBundle(Handle handle, EnclaveId enclave) {
    return handle
        .createQuery("SELECT control.newest_bundle(:enclave)")
        .bind("enclave", enclave.uuid())
        .mapTo(String.class)
        .findOne();
  }

  /**
   * Notes that the enclave passed over a command.
   *
   * @return whose command it was; empty if it was noted before or there is none of that number
   */
  public Optional<OrganizationId> rejected(
      Handle handle, EnclaveId enclave, long number, String why) {
    return handle
        .createQuery("SELECT control.reject_command(:enclave, :number, :why)")
        .bind("enclave", enclave.uuid())
        .bind("number", number)
        .bind("why", why)
        .mapTo(UUID.class)
        .findOne()
        .map(OrganizationId::new);
  }
}
