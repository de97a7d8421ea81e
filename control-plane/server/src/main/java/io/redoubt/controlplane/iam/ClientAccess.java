package io.redoubt.controlplane.iam;

import com.fasterxml.jackson.core.type.TypeReference;
import io.redoubt.controlplane.operator.Operator;
import io.redoubt.controlplane.operator.OperatorDirectory;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.TokenDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What clients may do right now: what they were given, cut down to what the member behind them may
 * do. A client whose member is gone is gone too.
 */
public final class ClientAccess implements OperatorDirectory {
  private static final TypeReference<List<Role>> ROLES = new TypeReference<>() {};

  /** Clients of an organization with what bears on their access, those that are gone among them. */
  private static final String ACCESS =
      """
      SELECT c.id, c.member_id, c.secret_digest, c.permissions, c.rotated_at,
        control.standing_roles(c.organization_id, c.id) AS roles,
        control.standing_roles(c.organization_id, c.member_id) AS member_roles,
        c.deleted_at IS NOT NULL OR m.deleted_at IS NOT NULL AS gone
      FROM control.oauth_client c
      LEFT JOIN control.member m
        ON m.organization_id = c.organization_id AND m.id = c.member_id
      WHERE c.organization_id = :organization
      """;

  /** A client with what it may do. */
  record Access(
      ClientId id,
      @Nullable MemberId member,
      TokenDigest secret,
      Set<Permission> permissions,
      Instant rotatedAt) {

    String subject() {
      return member == null ? id.toString() : member.toString();
    }
  }

  @Override
  public Optional<Operator> current(
      Handle handle,
      OrganizationId organization,
      ClientId client,
      Instant issuedAt,
      @Nullable Instant secretFrom) {
    return find(handle, organization, client)
        .filter(access -> isOfItsSecret(access, issuedAt, secretFrom))
        .map(access -> new Operator(organization, access.subject(), client, access.permissions()));
  }

  private static boolean isOfItsSecret(
      Access access, Instant issuedAt, @Nullable Instant secretFrom) {
    return secretFrom == null
        // Tokens of the release before know seconds only.
        ? !issuedAt.isBefore(access.rotatedAt().truncatedTo(ChronoUnit.SECONDS))
        // By the clock it could have been issued for the old secret while the new one was written.
        : secretFrom.equals(access.rotatedAt());
  }

  @Override
  public Set<Permission> permissions(
      Handle handle, OrganizationId organization, String subject, @Nullable ClientId client) {
    return client == null
        ? permissions(handle, organization, subject)
        : find(handle, organization, client)
            .filter(access -> access.subject().equals(subject))
            .map(Access::permissions)
            .orElse(Set.of());
  }

  private Set<Permission> permissions(Handle handle, OrganizationId organization, String subject) {
    Optional<MemberId> member = parsed(MemberId::parse, subject);
    return member.isPresent()
        ? permissions(handle, organization, member.get())
        : parsed(ClientId::parse, subject)
            .flatMap(own -> find(handle, organization, own))
            // Whoever acts for a member is that member, and nobody else.
            .filter(access -> access.member() == null)
            .map(Access::permissions)
            .orElse(Set.of());
  }

  private static <I> Optional<I> parsed(Function<String, I> parse, String text) {
    try {
      return Optional.of(parse.apply(text));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static Set<Permission> permissions(
      Handle handle, OrganizationId organization, MemberId member) {
    return handle
        .createQuery(
            """
            SELECT control.standing_roles(m.organization_id, m.id) AS roles
            FROM control.member m
            WHERE m.organization_id = :organization AND m.id = :id AND m.deleted_at IS NULL
            """)
        .bind("organization", organization.uuid())
        .bind("id", member.uuid())
        .map((row, _) -> Role.permissionsOf(Rows.json(row, "roles", ROLES)))
        .findOne()
        .orElse(Set.of());
  }

  Optional<Access> find(Handle handle, OrganizationId organization, ClientId client) {
    return handle
        .createQuery(ACCESS + "AND c.id = :id AND c.deleted_at IS NULL AND m.deleted_at IS NULL")
        .bind("organization", organization.uuid())
        .bind("id", client.uuid())
        .map((row, _) -> read(row))
        .findOne();
  }

  /** Every client that enclaves know for the time when the control plane is away. */
  List<Access> breakGlass(Handle handle, OrganizationId organization) {
    return handle
        .createQuery(
            ACCESS
                + """
                AND c.break_glass AND c.deleted_at IS NULL AND m.deleted_at IS NULL
                ORDER BY c.id
                """)
        .bind("organization", organization.uuid())
        .map((row, _) -> read(row))
        .list();
  }

  /**
   * A client of which something was taken.
   *
   * @param subject who acts through it, or did
   */
  record Cut(ClientId id, String subject, Set<Permission> left, Instant rotatedAt) {}

  /**
   * Clients whose tokens may say more than they may do now: they or their members have lost a role,
   * or are gone, or they have another secret.
   *
   * @param since looked no further back
   * @param atMost so many of them
   */
  List<Cut> cutSince(Handle handle, OrganizationId organization, Instant since, int atMost) {
    return handle
        .createQuery(
            ACCESS
                + """
                AND (c.deleted_at > :since OR m.deleted_at > :since
                  OR (c.rotated_at > :since AND c.rotated_at > c.created_at)
                  OR EXISTS (
                    SELECT FROM control.role_binding b
                    WHERE b.organization_id = c.organization_id
                      AND b.subject_id IN (c.id, c.member_id) AND b.revoked_at > :since))
                ORDER BY c.id LIMIT :limit
                """)
        .bind("organization", organization.uuid())
        .bind("since", since)
        .bind("limit", atMost)
        .map((row, _) -> {
          Access access = read(row);
          Set<Permission> left = row.getBoolean("gone") ? Set.of() : access.permissions();
          return new Cut(access.id(), access.subject(), left, access.rotatedAt());
        })
        .list();
  }

  /**
   * Whose word counts where that permission is needed, at this moment: that of members, and of
   * clients that act for nobody but themselves. What others say is their member's word.
   */
  public static Set<String> subjectsWho(Transaction transaction, Permission permission) {
    var subjects = new HashSet<String>();
    transaction
        .handle()
        .createQuery(
            """
            SELECT m.id, control.standing_roles(m.organization_id, m.id) AS roles
            FROM control.member m
            WHERE m.organization_id = :organization AND m.deleted_at IS NULL
            """)
        .bind("organization", transaction.organization().uuid())
        .map((row, _) ->
            Map.entry(
                new MemberId(Rows.uuid(row, "id")).toString(),
                Role.permissionsOf(Rows.json(row, "roles", ROLES))))
        .list()
        .stream()
        .filter(member -> member.getValue().contains(permission))
        .forEach(member -> subjects.add(member.getKey()));
    transaction
        .handle()
        .createQuery(ACCESS + "AND c.deleted_at IS NULL AND m.deleted_at IS NULL")
        .bind("organization", transaction.organization().uuid())
        .map((row, _) -> read(row))
        .list()
        .stream()
        .filter(access -> access.permissions().contains(permission))
        .forEach(access -> subjects.add(access.subject()));
    return subjects;
  }

  /** What was given, permissions and roles together. */
  static Set<Permission> given(Collection<Permission> permissions, Collection<Role> roles) {
    var all = EnumSet.noneOf(Permission.class);
    all.addAll(permissions);
    all.addAll(Role.permissionsOf(roles));
    return all;
  }

  private static Access read(ResultSet row) throws SQLException {
    UUID member = Rows.uuidOrNull(row, "member_id");
    List<String> texts = Rows.json(row, "permissions", Rows.TEXTS);
    List<Role> roles = Rows.json(row, "roles", ROLES);
    var permissions =
        given(texts.stream().flatMap(text -> Permission.find(text).stream()).toList(), roles);
    if (member != null) {
      permissions.retainAll(Role.permissionsOf(Rows.json(row, "member_roles", ROLES)));
    }
    return new Access(
        new ClientId(Rows.uuid(row, "id")),
        member == null ? null : new MemberId(member),
        TokenDigest.ofBytes(row.getBytes("secret_digest")),
        permissions,
        Rows.instant(row, "rotated_at"));
  }
}
