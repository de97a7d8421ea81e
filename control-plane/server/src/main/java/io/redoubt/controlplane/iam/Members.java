package io.redoubt.controlplane.iam;

import com.fasterxml.jackson.core.type.TypeReference;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Operator;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The people of an organization. One of them at least is an owner, always. */
public final class Members {
  private static final TypeReference<List<Role>> ROLES = new TypeReference<>() {};
  private static final UUID BEFORE_ALL = new UUID(-1, -1);

  private final OperatorTrust trust;

  public Members(OperatorTrust trust) {
    this.trust = trust;
  }

  /** What is to be known of a member. */
  record Draft(String name, @Nullable String email, Set<Role> roles) {}

  /** Newest first; tombstones left out. */
  List<Member> list(Transaction transaction, Optional<MemberId> after, int limit) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT m.*, control.standing_roles(m.organization_id, m.id) AS roles
            FROM control.member m
            WHERE m.organization_id = :organization AND m.deleted_at IS NULL AND m.id < :after
            ORDER BY m.id DESC LIMIT :limit
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("after", after.map(MemberId::uuid).orElse(BEFORE_ALL))
        .bind("limit", limit)
        .map((row, _) -> read(row))
        .list();
  }

  /** Those who have an e-mail address and the permission, among at most so many with an address. */
  public List<Member> reachable(Transaction transaction, Permission permission, int limit) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT m.*, control.standing_roles(m.organization_id, m.id) AS roles
            FROM control.member m
            WHERE m.organization_id = :organization AND m.deleted_at IS NULL AND m.email IS NOT NULL
            ORDER BY m.id LIMIT :limit
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("limit", limit)
        .map((row, _) -> read(row))
        .filter(member -> Role.permissionsOf(member.roles()).contains(permission))
        .list();
  }

  public Optional<Member> find(Transaction transaction, MemberId id) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT m.*, control.standing_roles(m.organization_id, m.id) AS roles
            FROM control.member m
            WHERE m.organization_id = :organization AND m.id = :id
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("id", id.uuid())
        .map((row, _) -> read(row))
        .findOne();
  }

  /** The member, unless deleted. */
  public Optional<Member> findActive(Transaction transaction, MemberId id) {
    return find(transaction, id).filter(member -> member.deletedAt() == null);
  }

  /**
   * The member as somebody who acts, with what they may do at this moment; empty: nobody is there.
   */
  public Optional<Operator> acting(Transaction transaction, MemberId id) {
    return findActive(transaction, id)
        .map(member ->
            new Operator(
                transaction.organization(),
                id.toString(),
                null,
                Role.permissionsOf(member.roles())));
  }

  /**
   * Whether the member is there to answer for something, and stays until the change is done: a
   * deletion at the same time waits, and then finds what the member answers for.
   */
  public boolean answers(Change change, MemberId id) {
    return change
        .handle()
        .createQuery(
            """
            SELECT id FROM control.member
            WHERE organization_id = :organization AND id = :id AND deleted_at IS NULL FOR SHARE
            """)
        .bind("organization", change.organization().uuid())
        .bind("id", id.uuid())
        .mapTo(UUID.class)
        .findOne()
        .isPresent();
  }

  /** The first member of a new organization. */
  public Member createFirstOwner(Change change, String name, @Nullable String email) {
    return insert(change, new Draft(name, email, EnumSet.of(Role.OWNER)));
  }

  /** Who runs the installation, too. */
  public Member createInstaller(Change change, String name) {
    return insert(change, new Draft(name, null, EnumSet.of(Role.OWNER, Role.PLATFORM_ADMIN)));
  }

  /** The first member of that name who runs the installation. */
  public Optional<Member> findInstaller(Change change, String name) {
    return change
        .handle()
        .createQuery(
            """
            SELECT m.*, control.standing_roles(m.organization_id, m.id) AS roles
            FROM control.member m
            WHERE m.organization_id = :organization AND m.name = :name AND m.deleted_at IS NULL
            ORDER BY m.id
            """)
        .bind("organization", change.organization().uuid())
        .bind("name", name)
        .map((row, _) -> read(row))
        .stream()
        .filter(member -> member.roles().contains(Role.PLATFORM_ADMIN))
        .findFirst();
  }

  Member create(Change change, Draft draft) {
    Grants.requireHeld(change.operator(), Role.permissionsOf(draft.roles()));
    return insert(change, draft);
  }

  private Member insert(Change change, Draft draft) {
    var id = MemberId.next(change.clock());
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.member (organization_id, id, name, email, created_at, updated_at)
            VALUES (:organization, :id, :name, :email, :now, :now)
            """)
        .bind("organization", change.organization().uuid())
        .bind("id", id.uuid())
        .bind("name", draft.name())
        .bind("email", draft.email())
        .bind("now", change.now())
        .execute();
    RoleBindings.set(change, id.uuid(), draft.roles());
    change.audited("member:create", id, "roles " + draft.roles(), null);
    return new Member(
        id,
        draft.name(),
        draft.email(),
        draft.roles().stream().sorted().toList(),
        1,
        change.now(),
        change.now(),
        null);
  }

  Member update(Change change, Member found, Draft draft) {
    requireNotAbove(change, found);
    Grants.requireHeld(change.operator(), Role.permissionsOf(draft.roles()));
    change.lockOrganization();
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.member
            SET name = :name, email = :email, version = version + 1, updated_at = :now
            WHERE organization_id = :organization AND id = :id
            """)
        .bind("organization", change.organization().uuid())
        .bind("id", found.id().uuid())
        .bind("name", draft.name())
        .bind("email", draft.email())
        .bind("now", change.now())
        .execute();
    setRoles(change, found.id(), draft.roles());
    change.audited("member:update", found.id(), "roles " + draft.roles(), null);
    return find(change, found.id()).orElseThrow();
  }

  void delete(Change change, Member found) {
    requireNotAbove(change, found);
    change.lockOrganization();
    lock(change, found.id());
    long owned =
        change
            .handle()
            .createQuery(
                """
                SELECT count(*) FROM control.agent
                WHERE organization_id = :organization AND owner_id = :id AND deleted_at IS NULL
                """)
            .bind("organization", change.organization().uuid())
            .bind("id", found.id().uuid())
            .mapTo(Long.class)
            .one();
    if (owned > 0) {
      throw ProblemException.of(
          ErrorType.CONFLICT,
          "The member owns agents: " + owned + ". Somebody else must answer for them first.");
    }
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.member SET deleted_at = :now, updated_at = :now, version = version + 1
            WHERE organization_id = :organization AND id = :id AND deleted_at IS NULL
            """)
        .bind("organization", change.organization().uuid())
        .bind("id", found.id().uuid())
        .bind("now", change.now())
        .execute();
    setRoles(change, found.id(), Set.of());
    change.audited("member:delete", found.id());
  }

  private static void lock(Change change, MemberId id) {
    change
        .handle()
        .createQuery(
            """
            SELECT id FROM control.member
            WHERE organization_id = :organization AND id = :id FOR NO KEY UPDATE
            """)
        .bind("organization", change.organization().uuid())
        .bind("id", id.uuid())
        .mapTo(UUID.class)
        .one();
  }

  private void setRoles(Change change, MemberId id, Set<Role> roles) {
    RoleBindings.set(change, id.uuid(), roles);
    requireAnOwner(change);
    // What break-glass clients of the member may do at an enclave follows the member's roles.
    trust.publish(change);
  }

  /** Refuses who may less than the member may. */
  public static void requireNotAbove(Change change, Member found) {
    Grants.requireHeld(change.operator(), Role.permissionsOf(found.roles()));
  }

  private static void requireAnOwner(Change change) {
    long owners =
        change
            .handle()
            .createQuery(
                """
                SELECT count(*) FROM control.role_binding b
                JOIN control.member m
                  ON m.organization_id = b.organization_id AND m.id = b.subject_id
                WHERE b.organization_id = :organization AND b.role = :owner
                  AND b.revoked_at IS NULL AND m.deleted_at IS NULL
                """)
            .bind("organization", change.organization().uuid())
            .bind("owner", Role.OWNER.wire())
            .mapTo(Long.class)
            .one();
    if (owners == 0) {
      throw ProblemException.of(ErrorType.CONFLICT, "At least one owner stays.");
    }
  }

  private static Member read(ResultSet row) throws SQLException {
    return new Member(
        new MemberId(Rows.uuid(row, "id")),
        row.getString("name"),
        row.getString("email"),
        Rows.json(row, "roles", ROLES),
        row.getLong("version"),
        Rows.instant(row, "created_at"),
        Rows.instant(row, "updated_at"),
        Rows.instantOrNull(row, "deleted_at"));
  }
}
