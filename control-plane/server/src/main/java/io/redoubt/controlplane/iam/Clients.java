package io.redoubt.controlplane.iam;

import com.fasterxml.jackson.core.type.TypeReference;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.token.SecretKeyText;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** OAuth clients. A secret is shown once and kept as a digest (G6). */
public final class Clients {
  private static final TypeReference<List<Role>> ROLES = new TypeReference<>() {};
  private static final String CLIENTS =
      """
      SELECT c.*, control.standing_roles(c.organization_id, c.id) AS roles
      FROM control.oauth_client c
      WHERE c.organization_id = :organization
      """;
  private static final UUID BEFORE_ALL = new UUID(-1, -1);

  /** One command tells an enclave of all of them, and a command has a limit. */
  private static final int MAX_BREAK_GLASS = 100;

  private final OperatorTrust trust;
  private final ClientAccess access;

  public Clients(OperatorTrust trust, ClientAccess access) {
    this.trust = trust;
    this.access = access;
  }

  /** What is to be known of a client. */
  record Draft(
      String name,
      @Nullable Member member,
      Set<Role> roles,
      Set<Permission> permissions,
      boolean breakGlass) {

    /** With the roles of its member where nothing is named: a later promotion is no gift to it. */
    private Draft named() {
      return member == null || !roles.isEmpty() || !permissions.isEmpty()
          ? this
          : new Draft(name, member, Set.copyOf(member.roles()), permissions, breakGlass);
    }
  }

  /** A client with the secret that is shown this once. */
  public record WithSecret(Client client, SecretKeyText secret) {}

  /** Newest first; tombstones left out. */
  List<Client> list(Transaction transaction, Optional<ClientId> after, int limit) {
    return transaction
        .handle()
        .createQuery(
            CLIENTS + "AND c.deleted_at IS NULL AND c.id < :after ORDER BY c.id DESC LIMIT :limit")
        .bind("organization", transaction.organization().uuid())
        .bind("after", after.map(ClientId::uuid).orElse(BEFORE_ALL))
        .bind("limit", limit)
        .map((row, _) -> read(row))
        .list();
  }

  Optional<Client> find(Transaction transaction, ClientId id) {
    return transaction
        .handle()
        .createQuery(CLIENTS + "AND c.id = :id")
        .bind("organization", transaction.organization().uuid())
        .bind("id", id.uuid())
        .map((row, _) -> read(row))
        .findOne();
  }

  /** A client of that name that acts for the member. */
  public Optional<Client> findOfMember(Change change, Member member, String name) {
    return change
        .handle()
        .createQuery(
            CLIENTS
                + """
                AND c.member_id = :member AND c.name = :name AND c.deleted_at IS NULL
                ORDER BY c.id LIMIT 1
                """)
        .bind("organization", change.organization().uuid())
        .bind("member", member.id().uuid())
        .bind("name", name)
        .map((row, _) -> read(row))
        .findOne();
  }

  /**
   * A client that may do all that its member may now, and nothing that comes to the member later.
   */
  public WithSecret createForMember(Change change, String name, Member member, boolean breakGlass) {
    return insert(change, new Draft(name, member, Set.of(), Set.of(), breakGlass).named());
  }

  WithSecret create(Change change, Draft draft) {
    var ofMember =
        Optional.ofNullable(draft.member()).map(member -> Role.permissionsOf(member.roles()));
    // Whoever makes a client for somebody else can speak in that person's name.
    ofMember.ifPresent(permissions -> Grants.requireHeld(change.operator(), permissions));
    Grants.requireHeld(change.operator(), ClientAccess.given(draft.permissions(), draft.roles()));
    return insert(change, draft.named());
  }

  private WithSecret insert(Change change, Draft draft) {
    if (draft.breakGlass()) {
      requireRoom(change);
    }
    var id = ClientId.next(change.clock());
    var secret = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, id);
    MemberId member = draft.member() == null ? null : draft.member().id();
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.oauth_client
              (organization_id, id, name, member_id, secret_digest, permissions, break_glass,
               created_at, created_by, rotated_at)
            VALUES (:organization, :id, :name, CAST(:member AS uuid), :digest, CAST(:permissions AS jsonb),
              :breakGlass, :now, :by, :now)
            """)
        .bind("organization", change.organization().uuid())
        .bind("id", id.uuid())
        .bind("name", draft.name())
        .bindByType("member", member == null ? null : member.uuid(), UUID.class)
        .bind("digest", secret.digest().bytes())
        .bind("permissions", Rows.json(draft.permissions().stream().sorted().toList()))
        .bind("breakGlass", draft.breakGlass())
        .bind("now", change.now())
        .bind("by", change.operator().subject())
        .execute();
    RoleBindings.set(change, id.uuid(), draft.roles());
    change.audited("client:create", id, draft.breakGlass() ? "break-glass" : null, null);
    if (draft.breakGlass()) {
      trust.publish(change);
    }
    return new WithSecret(find(change, id).orElseThrow(), secret);
  }

  private void requireRoom(Change change) {
    change.lockOrganization(); // two at once must not both find room
    if (access.breakGlass(change.handle(), change.organization()).size() >= MAX_BREAK_GLASS) {
      throw ProblemException.of(
          ErrorType.CONFLICT,
          "An organization has at most " + MAX_BREAK_GLASS + " break-glass clients.");
    }
  }

  /**
   * A new secret; the one before it dies, and every token it was given for: they name the moment
   * from which the secret holds, so no two have the same.
   */
  public WithSecret rotate(Change change, Client client) {
    requireNotAbove(change, client);
    var secret = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, client.id());
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.oauth_client SET secret_digest = :digest,
              rotated_at =
                greatest(CAST(:now AS timestamptz), rotated_at + interval '1 microsecond')
            WHERE organization_id = :organization AND id = :id
            """)
        .bind("digest", secret.digest().bytes())
        .bind("now", change.now())
        .bind("organization", change.organization().uuid())
        .bind("id", client.id().uuid())
        .execute();
    change.audited("client:rotate", client.id());
    trust.publish(change); // what it was given tokens for ends at the enclaves too
    return new WithSecret(find(change, client.id()).orElseThrow(), secret);
  }

  void delete(Change change, Client client) {
    requireNotAbove(change, client);
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.oauth_client SET deleted_at = :now
            WHERE organization_id = :organization AND id = :id AND deleted_at IS NULL
            """)
        .bind("now", change.now())
        .bind("organization", change.organization().uuid())
        .bind("id", client.id().uuid())
        .execute();
    change.audited("client:delete", client.id());
    trust.publish(change); // what it was given tokens for ends at the enclaves too
  }

  private void requireNotAbove(Change change, Client client) {
    access
        .find(change.handle(), change.organization(), client.id())
        .ifPresent(found -> Grants.requireHeld(change.operator(), found.permissions()));
  }

  private static Client read(ResultSet row) throws SQLException {
    UUID member = Rows.uuidOrNull(row, "member_id");
    return new Client(
        new ClientId(Rows.uuid(row, "id")),
        row.getString("name"),
        member == null ? null : new MemberId(member),
        Rows.json(row, "roles", ROLES),
        Rows.json(row, "permissions", Rows.TEXTS).stream()
            .flatMap(text -> Permission.find(text).stream())
            .toList(),
        row.getBoolean("break_glass"),
        Rows.instant(row, "created_at"),
        row.getString("created_by"),
        Rows.instant(row, "rotated_at"),
        Rows.instantOrNull(row, "last_used_at"),
        Rows.instantOrNull(row, "deleted_at"));
  }
}
