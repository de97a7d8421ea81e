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
  private final Signals<EnclaveId> appended = new Signals<>();

  /**
   * One entry.
   *
   * @param command says it all, or holds a name for a {@link Delivery} of its kind
   */
  public record Entry(
      long number, OrganizationId organization, JsonNode command, Instant issuedAt) {
    public String kind() {
      return command.required("kind").asText();
    }

    /** The name in an entry that holds nothing else. */
    public String name() {
      return command.required("name").asText();
    }
  }

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

  /** Tells one enclave by name of what a {@link Delivery} of the kind tells when it arrives. */
  public void appendName(Change change, EnclaveId enclave, String kind, String name) {
    append(change, enclave, Json.LENIENT.createObjectNode().put("kind", kind).put("name", name));
  }

  /** The same to every enclave that serves the organization. */
  public void broadcastName(Change change, String kind, String name) {
    change.lockOrganization();
    enclavesOf(change).forEach(enclave -> appendName(change, enclave, kind, name));
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
        .map((row, _) ->
            new Entry(
                row.getLong("number"),
                new OrganizationId(Rows.uuid(row, "organization_id")),
                Rows.json(row, "payload", JsonNode.class),
                Rows.instant(row, "issued_at")))
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
