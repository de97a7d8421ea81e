package io.redoubt.persistence.enclave;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.Turns;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ModelPrompt;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.util.ByteString;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The requests for approval in PostgreSQL; what their calls say is sealed (G6). */
final class PostgresApprovalBoard implements ApprovalBoard {
  /** First half of the advisory lock that an organization's asks take turns by. */
  static final int TURNS = 7253;

  /** Asks of one organization that may wait for each other on one node. */
  private static final int MOST_IN_LINE = 64;

  /** How long each of them does: whoever asked waits no longer for an answer. */
  private static final Duration LONGEST_IN_LINE = Duration.ofSeconds(5);

  private static final int PURGED_AT_ONCE = 1_000;

  /** Of what the call of each one in a list says; of larger ones, a list shows nothing. */
  private static final int MOST_LISTED_BYTES = 64 * 1024;

  private static final int MOST_RELATED = 50;

  /** Before every other. */
  private static final UUID FIRST = new UUID(0, 0);

  private static final ObjectReader EXACTLY =
      Json.LENIENT
          .readerFor(JsonNode.class)
          .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private final Database database;
  private final Keyring keyring;
  private final Turns<OrganizationId> turns = new Turns<>(MOST_IN_LINE, LONGEST_IN_LINE);

  PostgresApprovalBoard(Database database, Keyring keyring) {
    this.database = database;
    this.keyring = keyring;
  }

  private record Row(
      OrganizationId organization,
      ApprovalId id,
      @Nullable UUID turn,
      @Nullable ApprovalView view,
      @Nullable ByteString arguments,
      @Nullable ByteString prompt) {}

  /** With what comes from elsewhere than its actor; of a call to a model, an excerpt. */
  private ApprovalView shown(Row row, List<ApprovalId> related) {
    var prompt = prompt(row);
    return Objects.requireNonNull(row.view, "its actor has said how it stands")
        .with(arguments(row), related)
        .saying(prompt == null ? null : prompt.excerpt());
  }

  @Override
  public CompletionStage<Opened> open(Opening opening, Limits limits) {
    var organization = opening.agent().organization();
    return database.blocking(() -> {
      // What the call says is read and sealed only if somebody is to see it.
      var known =
          database.inOrganizationBlocking(
              organization,
              handle -> known(handle, opening).or(() -> full(handle, opening, limits)));
      if (known.isPresent()) {
        return known.get();
      }
      var sealed = seal(opening);
      return turns.taking(
          organization,
          () ->
              database.inOrganizationBlocking(
                  organization, handle -> open(handle, opening, limits, sealed)));
    });
  }

  /** What a call says, as it is kept. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Sealed(byte @Nullable [] arguments, byte @Nullable [] prompt) {}

  private Sealed seal(Opening opening) {
    var organization = opening.agent().organization();
    var arguments = opening.arguments();
    var prompt = opening.prompt().made();
    return new Sealed(
        arguments == null
            ? null
            : keyring.sealNow(organization, row(opening.id()), CanonicalJson.write(arguments)),
        prompt == null
            ? null
            : keyring.sealNow(organization, promptOf(opening.id()), Json.write(prompt)));
  }

  private static Optional<Opened> known(Handle handle, Opening opening) {
    return handle
        .createQuery(
            "SELECT approval_id FROM enclave.approval WHERE organization_id = :organization"
                + " AND agent_id = :agent AND identity = :identity AND open")
        .bind("organization", opening.agent().organization().uuid())
        .bind("agent", opening.agent().agent().uuid())
        .bind("identity", opening.identity())
        .mapTo(UUID.class)
        .findOne()
        .or(() -> edited(handle, opening))
        .map(id -> new Place(new ApprovalId(id), false));
  }

  /** The one that was changed last, as long as what stands in its place is open. */
  private static Optional<UUID> edited(Handle handle, Opening opening) {
    return handle
        .createQuery(
            "SELECT e.approval_id FROM enclave.approval AS e"
                + " JOIN enclave.approval AS n ON n.organization_id = e.organization_id"
                + " AND n.approval_id = e.edited_to AND n.open"
                + " WHERE e.organization_id = :organization AND e.agent_id = :agent"
                + " AND e.identity = :identity AND e.edited_to IS NOT NULL"
                + " ORDER BY e.approval_id DESC LIMIT 1")
        .bind("organization", opening.agent().organization().uuid())
        .bind("agent", opening.agent().agent().uuid())
        .bind("identity", opening.identity())
        .mapTo(UUID.class)
        .findOne();
  }

  private static Optional<Opened> full(Handle handle, Opening opening, Limits limits) {
    var pending =
        handle
            .createQuery(
                "SELECT count(*) FILTER (WHERE agent_id = :agent), count(*) FROM enclave.approval"
                    + " WHERE organization_id = :organization AND open AND status = 'pending'")
            .bind("organization", opening.agent().organization().uuid())
            .bind("agent", opening.agent().agent().uuid())
            .map((row, _) -> new Limits(row.getInt(1), row.getInt(2)))
            .one();
    if (pending.ofAgent() >= limits.ofAgent()) {
      return Optional.of(Full.AGENT);
    }
    return pending.ofOrganization() >= limits.ofOrganization()
        ? Optional.of(Full.ORGANIZATION)
        : Optional.empty();
  }

  /** One ask of the organization at a time, so that what is counted is true. */
  private static Opened open(Handle handle, Opening opening, Limits limits, Sealed sealed) {
    var organization = opening.agent().organization().uuid();
    var agent = opening.agent().agent().uuid();
    handle
        .createQuery("SELECT true FROM pg_advisory_xact_lock(:turns, hashtext(:organization))")
        .bind("turns", TURNS)
        .bind("organization", organization.toString())
        .mapTo(Boolean.class)
        .one();
    var known = known(handle, opening).or(() -> full(handle, opening, limits));
    if (known.isPresent()) {
      return known.get();
    }
    handle
        .createUpdate(
            "INSERT INTO enclave.approval (organization_id, approval_id, agent_id, identity, turn,"
                + " due_at, sealed_arguments, sealed_prompt)"
                + " VALUES (:organization, :id, :agent, :identity, CAST(:turn AS uuid), :due,"
                + " CAST(:arguments AS bytea), CAST(:prompt AS bytea))")
        .bind("organization", organization)
        .bind("id", opening.id().uuid())
        .bind("agent", agent)
        .bind("identity", opening.identity())
        .bindByType("turn", opening.turn() == null ? null : opening.turn().uuid(), UUID.class)
        .bind("due", opening.dueAt())
        .bindByType("arguments", sealed.arguments, byte[].class)
        .bindByType("prompt", sealed.prompt, byte[].class)
        .execute();
    return new Place(opening.id(), true);
  }

  @Override
  public CompletionStage<Void> post(Posting posting) {
    var view = posting.view();
    var key = posting.key();
    return database
        .inOrganization(
            key.organization(),
            handle -> {
              int posted = post(handle, posting);
              var to = view.editedTo();
              if (posted > 0 && to != null) {
                handle
                    .createUpdate(
                        "UPDATE enclave.approval SET edited_to = :to"
                            + " WHERE organization_id = :organization AND edited_to = :id")
                    .bind("to", to.approval().uuid())
                    .bind("organization", key.organization().uuid())
                    .bind("id", key.approval().uuid())
                    .execute();
              }
              return posted;
            })
        .thenApply(_ -> null);
  }

  private static int post(Handle handle, Posting posting) {
    var view = posting.view();
    var to = view.editedTo();
    return handle
        .createUpdate(
            "UPDATE enclave.approval SET version = :version, status = :status,"
                + " open = open AND :open, due_at = CAST(:due AS timestamptz),"
                + " document = :document, edited_to = CAST(:to AS uuid),"
                + " over_at = CASE WHEN :open THEN NULL ELSE now() END"
                + " WHERE organization_id = :organization AND approval_id = :id"
                + " AND version < :version")
        .bind("organization", posting.key().organization().uuid())
        .bind("id", posting.key().approval().uuid())
        .bind("version", posting.version())
        .bind("status", view.status().wire())
        .bind("open", view.status().isOpen())
        .bindByType("to", to == null ? null : to.approval().uuid(), UUID.class)
        .bindByType("due", posting.dueAt(), Instant.class)
        .bind("document", Documents.write(view))
        .execute();
  }

  @Override
  public CompletionStage<Void> close(ApprovalKey key) {
    return database
        .inOrganization(
            key.organization(),
            handle ->
                handle
                    .createUpdate(
                        "UPDATE enclave.approval SET open = false"
                            + " WHERE organization_id = :organization AND approval_id = :id")
                    .bind("organization", key.organization().uuid())
                    .bind("id", key.approval().uuid())
                    .execute())
        .thenApply(_ -> null);
  }

  @Override
  public CompletionStage<Void> drop(ApprovalKey key, Instant before) {
    return database
        .inOrganization(
            key.organization(),
            handle ->
                handle
                    .createUpdate(
                        "DELETE FROM enclave.approval WHERE organization_id = :organization"
                            + " AND approval_id = :id AND version = 0 AND opened_at < :before")
                    .bind("organization", key.organization().uuid())
                    .bind("id", key.approval().uuid())
                    .bind("before", before)
                    .execute())
        .thenApply(_ -> null);
  }

  @Override
  public CompletionStage<List<Due>> due(Instant then, int limit) {
    return database.inTransaction(handle ->
        handle
            .createQuery(
                "SELECT organization_id, approval_id, due_at"
                    + " FROM enclave.due_approvals(:then, :limit)")
            .bind("then", then)
            .bind("limit", limit)
            .map((row, _) -> new Due(key(row), row.getTimestamp("due_at").toInstant()))
            .list());
  }

  @Override
  public CompletionStage<List<AgentKey>> overtaken(
      Duration within, @Nullable AgentKey after, int limit) {
    return database.inTransaction(handle ->
        handle
            .createQuery(
                "SELECT organization_id, agent_id FROM enclave.overtaken_agents("
                    + "make_interval(secs => :within), CAST(:organization AS uuid),"
                    + " CAST(:agent AS uuid), :limit)")
            .bind("within", (double) within.toSeconds())
            .bind("organization", after == null ? FIRST : after.organization().uuid())
            .bind("agent", after == null ? FIRST : after.agent().uuid())
            .bind("limit", limit)
            .map((row, _) ->
                new AgentKey(
                    new OrganizationId(row.getObject(1, UUID.class)),
                    new AgentId(row.getObject(2, UUID.class))))
            .list());
  }

  @Override
  public CompletionStage<List<ApprovalKey>> openOf(AgentKey agent) {
    return database.inOrganization(
        agent.organization(),
        handle ->
            handle
                .createQuery(
                    "SELECT organization_id, approval_id FROM enclave.approval"
                        + " WHERE organization_id = :organization AND agent_id = :agent AND open")
                .bind("organization", agent.organization().uuid())
                .bind("agent", agent.agent().uuid())
                .map((row, _) -> key(row))
                .list());
  }

  @Override
  public CompletionStage<List<ApprovalKey>> approvedBy(
      OrganizationId organization, Set<String> voters, String through) {
    return database.inOrganization(
        organization,
        handle ->
            handle
                .createQuery(
                    "SELECT document FROM enclave.approval"
                        + " WHERE organization_id = :organization AND open"
                        + " AND EXISTS (SELECT FROM unnest(CAST(:voters AS text[])) AS voter"
                        + " WHERE position(voter IN document) > 0)")
                .bind("organization", organization.uuid())
                .bindArray("voters", String.class, List.copyOf(voters))
                .map((row, _) -> Documents.read(row.getString("document"), ApprovalView.class))
                .list()
                .stream()
                .filter(view -> view.isApprovedBy(voters, through))
                .map(view -> new ApprovalKey(organization, view.id()))
                .toList());
  }

  @Override
  public CompletionStage<List<ApprovalId>> pendingOf(AgentKey agent, int limit) {
    return database.inOrganization(
        agent.organization(),
        handle ->
            handle
                .createQuery(
                    "SELECT approval_id FROM enclave.approval"
                        + " WHERE organization_id = :organization AND agent_id = :agent AND open"
                        + " AND status = 'pending' AND version > 0"
                        + " ORDER BY approval_id DESC LIMIT :limit")
                .bind("organization", agent.organization().uuid())
                .bind("agent", agent.agent().uuid())
                .bind("limit", limit)
                .mapTo(UUID.class)
                .map(ApprovalId::new)
                .list());
  }

  private static ApprovalKey key(ResultSet row) throws SQLException {
    return new ApprovalKey(
        new OrganizationId(row.getObject(1, UUID.class)),
        new ApprovalId(row.getObject(2, UUID.class)));
  }

  @Override
  public CompletionStage<Optional<Entry>> find(ApprovalKey key) {
    return database.blocking(() ->
        database
            .inOrganizationBlocking(
                key.organization(),
                handle ->
                    handle
                        .createQuery(
                            "SELECT approval_id, turn, document, sealed_arguments, sealed_prompt"
                                + " FROM enclave.approval WHERE organization_id = :organization"
                                + " AND approval_id = :id")
                        .bind("organization", key.organization().uuid())
                        .bind("id", key.approval().uuid())
                        .map((row, _) -> row(key.organization(), row))
                        .findOne())
            .map(row -> new Entry(row.view, arguments(row), prompt(row), related(row))));
  }

  @Override
  public CompletionStage<List<ApprovalView>> list(
      OrganizationId organization,
      @Nullable ApprovalStatus status,
      @Nullable ApprovalId before,
      int limit) {
    record Listed(Row row, boolean large) {}
    return database.blocking(() ->
        database
            .inOrganizationBlocking(
                organization,
                handle ->
                    handle
                        .createQuery(
                            "SELECT approval_id, turn, document,"
                                + " CASE WHEN octet_length(sealed_arguments) <= :most"
                                + " THEN sealed_arguments END AS sealed_arguments,"
                                + " CASE WHEN octet_length(sealed_prompt) <= :most"
                                + " THEN sealed_prompt END AS sealed_prompt,"
                                + " coalesce(octet_length(sealed_arguments) > :most, false)"
                                + " AS large"
                                + " FROM enclave.approval WHERE organization_id = :organization"
                                + " AND document IS NOT NULL"
                                + " AND (CAST(:status AS text) IS NULL"
                                + " OR status = CAST(:status AS text))"
                                + " AND (CAST(:before AS uuid) IS NULL"
                                + " OR approval_id < CAST(:before AS uuid))"
                                + " ORDER BY approval_id DESC LIMIT :limit")
                        .bind("organization", organization.uuid())
                        .bind("most", MOST_LISTED_BYTES)
                        .bind("status", status == null ? null : status.wire())
                        .bindByType("before", before == null ? null : before.uuid(), UUID.class)
                        .bind("limit", limit)
                        .map(
                            (row, _) -> new Listed(row(organization, row), row.getBoolean("large")))
                        .list())
            .stream()
            .map(listed -> {
              var view = shown(listed.row(), List.of());
              return listed.large() ? view.withheld() : view;
            })
            .toList());
  }

  private static Row row(OrganizationId organization, ResultSet row) throws SQLException {
    return new Row(
        organization,
        new ApprovalId(row.getObject("approval_id", UUID.class)),
        row.getObject("turn", UUID.class),
        view(row.getString("document")),
        bytes(row.getBytes("sealed_arguments")),
        bytes(row.getBytes("sealed_prompt")));
  }

  private static @Nullable ByteString bytes(byte @Nullable [] sealed) {
    return sealed == null ? null : ByteString.fromArray(sealed);
  }

  private static @Nullable ApprovalView view(@Nullable String document) {
    return document == null ? null : Documents.read(document, ApprovalView.class);
  }

  private List<ApprovalId> related(Row row) {
    var turn = row.turn;
    if (turn == null) {
      return List.of();
    }
    return database.inOrganizationBlocking(
        row.organization,
        handle ->
            handle
                .createQuery(
                    "SELECT approval_id FROM enclave.approval"
                        + " WHERE organization_id = :organization AND turn = :turn"
                        + " AND approval_id <> :id AND document IS NOT NULL"
                        + " ORDER BY approval_id LIMIT :limit")
                .bind("organization", row.organization.uuid())
                .bind("turn", turn)
                .bind("id", row.id.uuid())
                .bind("limit", MOST_RELATED)
                .mapTo(UUID.class)
                .map(ApprovalId::new)
                .list());
  }

  private @Nullable JsonNode arguments(Row row) {
    if (row.arguments == null) {
      return null;
    }
    byte[] json = keyring.openNow(row.organization, row(row.id), row.arguments.toArray());
    try {
      return EXACTLY.readValue(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("sealed arguments that cannot be read", e);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private @Nullable ModelPrompt prompt(Row row) {
    if (row.prompt == null) {
      return null;
    }
    byte[] json = keyring.openNow(row.organization, promptOf(row.id), row.prompt.toArray());
    try {
      return Json.LENIENT.readValue(json, ModelPrompt.class);
    } catch (IOException e) {
      throw new IllegalStateException("a sealed prompt that cannot be read", e);
    }
  }

  @Override
  public CompletionStage<List<News>> unreported(int limit) {
    return database.blocking(() ->
        database
            .inTransactionBlocking(handle ->
                handle
                    .createQuery(
                        "SELECT organization_id, approval_id FROM"
                            + " enclave.unreported_approvals(:limit)")
                    .bind("limit", limit)
                    .map((row, _) -> key(row))
                    .list())
            .stream()
            .flatMap(key -> news(key).stream())
            .toList());
  }

  private Optional<News> news(ApprovalKey key) {
    record Versioned(int version, Row row) {}
    return database
        .inOrganizationBlocking(
            key.organization(),
            handle ->
                handle
                    .createQuery(
                        "SELECT version, approval_id, turn, document, sealed_arguments,"
                            + " sealed_prompt FROM enclave.approval"
                            + " WHERE organization_id = :organization"
                            + " AND approval_id = :id AND reported < version")
                    .bind("organization", key.organization().uuid())
                    .bind("id", key.approval().uuid())
                    .map((row, _) ->
                        new Versioned(row.getInt("version"), row(key.organization(), row)))
                    .findOne())
        .map(found -> new News(key, found.version(), shown(found.row(), related(found.row()))));
  }

  @Override
  public CompletionStage<Void> reported(List<News> news) {
    return database.blocking(() -> {
      for (var each : news) {
        database.inOrganizationBlocking(
            each.key().organization(),
            handle ->
                handle
                    .createUpdate(
                        "UPDATE enclave.approval SET reported = greatest(reported, :version)"
                            + " WHERE organization_id = :organization AND approval_id = :id")
                    .bind("version", each.version())
                    .bind("organization", each.key().organization().uuid())
                    .bind("id", each.key().approval().uuid())
                    .execute());
      }
      return null;
    });
  }

  @Override
  public CompletionStage<Integer> purge(Instant before) {
    return database.blocking(() -> {
      int purged = 0;
      int some;
      do {
        some = purgeSome(before);
        purged += some;
      } while (some == PURGED_AT_ONCE);
      return purged;
    });
  }

  private int purgeSome(Instant before) {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery("SELECT enclave.purge_approvals(:before, :limit)")
            .bind("before", before)
            .bind("limit", PURGED_AT_ONCE)
            .mapTo(Integer.class)
            .one());
  }

  private static String row(ApprovalId id) {
    return "approval/" + id;
  }

  private static String promptOf(ApprovalId id) {
    return row(id) + "/prompt";
  }
}
