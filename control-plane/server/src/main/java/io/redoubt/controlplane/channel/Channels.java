package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.controlplane.iam.Member;
import io.redoubt.controlplane.iam.Members;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.persistence.postgres.Failures;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/** The channels of organizations. Secrets come in, are sealed, and are opened to be used (G6). */
public final class Channels {
  private static final String SHOWN =
      """
      SELECT c.*,
        (SELECT count(*) FROM control.notice n
         WHERE n.organization_id = c.organization_id AND n.kind = c.kind AND n.state = 'waiting')
          AS waiting,
        (SELECT count(*) FROM control.notice n
         WHERE n.organization_id = c.organization_id AND n.kind = c.kind AND n.state = 'dead')
          AS dead
      FROM control.channel c
      WHERE c.organization_id = :organization AND c.deleted_at IS NULL
      """;

  private final Keyring keyring;

  public Channels(Keyring keyring) {
    this.keyring = keyring;
  }

  /** What is to be kept of a channel: what is wanted, with its secrets sealed. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Draft(Wanted wanted, byte[] sealed) {}

  /** Which member a user there is. */
  record Mapping(String userId, MemberId memberId) {}

  List<Channel> list(Transaction transaction) {
    return transaction
        .handle()
        .createQuery(SHOWN + "ORDER BY c.kind")
        .bind("organization", transaction.organization().uuid())
        .map((row, _) -> read(row))
        .list();
  }

  Optional<Channel> find(Transaction transaction, Channel.Kind kind) {
    return transaction
        .handle()
        .createQuery(SHOWN + "AND c.kind = :kind")
        .bind("organization", transaction.organization().uuid())
        .bind("kind", kind.wire())
        .map((row, _) -> read(row))
        .findOne();
  }

  /** Seals secrets for {@link #put}; outside the change, since the keyring has its own. */
  CompletionStage<byte[]> seal(OrganizationId organization, Channel.Kind kind, byte[] secrets) {
    return keyring.seal(organization, row(kind), secrets);
  }

  /** Opens them. Blocks. */
  byte[] openNow(OrganizationId organization, Channel.Kind kind, byte[] sealed) {
    return keyring.openNow(organization, row(kind), sealed);
  }

  private static String row(Channel.Kind kind) {
    return "channel/" + kind.wire();
  }

  /**
   * Keeps the channel, new or changed; what waits for it is tried at once. Whoever puts one with
   * another secret in its place speaks for all who are mapped there, so they may do no more than
   * whoever does.
   */
  Channel put(Change change, Members members, Draft draft) {
    var wanted = draft.wanted();
    if (!isOwnedAlike(change, wanted)) {
      members(change, wanted.kind()).stream()
          .flatMap(mapping -> members.findActive(change, mapping.memberId()).stream())
          .forEach(member -> Members.requireNotAbove(change, member));
    }
    try {
      change
          .handle()
          .createUpdate(
              """
              INSERT INTO control.channel AS c
                (organization_id, kind, settings, sealed, app_id, secret_digest, version,
                 created_at, updated_at)
              VALUES (:organization, :kind, CAST(:settings AS jsonb), :sealed, :app, :digest, 1,
                :now, :now)
              ON CONFLICT (organization_id, kind) DO UPDATE
              SET settings = excluded.settings, sealed = excluded.sealed, app_id = excluded.app_id,
                secret_digest = excluded.secret_digest, version = c.version + 1,
                created_at = CASE WHEN c.deleted_at IS NULL THEN c.created_at
                  ELSE excluded.created_at END,
                updated_at = excluded.updated_at, deleted_at = NULL, held_until = NULL,
                failures = 0, problem = NULL
              """)
          .bind("organization", change.organization().uuid())
          .bind("kind", wanted.kind().wire())
          .bind("settings", Rows.json(wanted.settings()))
          .bind("sealed", draft.sealed())
          .bind("app", wanted.appId())
          .bindByType("digest", wanted.ownership(), byte[].class)
          .bind("now", change.now())
          .execute();
    } catch (UnableToExecuteStatementException e) {
      if (Failures.isUniqueViolation(e)) {
        throw ProblemException.of(
            ErrorType.CONFLICT,
            "Another organization has a channel with that secret, or that app.");
      }
      throw e;
    }
    change.audited("channel:put", wanted.kind().wire(), Rows.json(wanted.settings()), null);
    return find(change, wanted.kind()).orElseThrow();
  }

  private static boolean isOwnedAlike(Change change, Wanted wanted) {
    return change
        .handle()
        .createQuery(
            """
            SELECT secret_digest FROM control.channel
            WHERE organization_id = :organization AND kind = :kind AND deleted_at IS NULL
            """)
        .bind("organization", change.organization().uuid())
        .bind("kind", wanted.kind().wire())
        .map((row, _) -> Optional.ofNullable(row.getBytes("secret_digest")))
        .findOne()
        .flatMap(digest -> digest)
        .filter(digest -> wanted.ownership() != null)
        .filter(digest -> MessageDigest.isEqual(digest, wanted.ownership()))
        .isPresent();
  }

  /** A tombstone, which keeps no secret; what waits for it is not said any more. */
  void delete(Change change, Channel channel) {
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.notice SET state = 'missed', changed_at = :now
            WHERE organization_id = :organization AND kind = :kind AND state = 'waiting'
            """)
        .bind("organization", change.organization().uuid())
        .bind("kind", channel.kind().wire())
        .bind("now", change.now())
        .execute();
    unmapAll(change, channel.kind());
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.channel
            SET deleted_at = :now, updated_at = :now, version = version + 1, sealed = NULL,
              secret_digest = NULL, taken_by = NULL
            WHERE organization_id = :organization AND kind = :kind AND deleted_at IS NULL
            """)
        .bind("organization", change.organization().uuid())
        .bind("kind", channel.kind().wire())
        .bind("now", change.now())
        .execute();
    change.audited("channel:delete", channel.kind().wire());
  }

  /** In the order of user ids. */
  List<Mapping> members(Transaction transaction, Channel.Kind kind) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT user_id, member_id FROM control.channel_member
            WHERE organization_id = :organization AND kind = :kind ORDER BY user_id
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("kind", kind.wire())
        .map((row, _) ->
            new Mapping(row.getString("user_id"), new MemberId(Rows.uuid(row, "member_id"))))
        .list();
  }

  /**
   * Says who is who there, in the place of whatever was said before. Nobody lends a stranger a
   * voice that has more to say than their own.
   */
  void map(Change change, Members members, Channel channel, List<Mapping> wanted) {
    var before = members(change, channel.kind());
    for (int i = 0; i < wanted.size(); i++) {
      var mapping = wanted.get(i);
      if (!before.contains(mapping)) {
        String pointer = "/members/" + i + "/member_id";
        Member member =
            members
                .findActive(change, mapping.memberId())
                .orElseThrow(() -> ProblemException.invalid(pointer, "is not a member"));
        Members.requireNotAbove(change, member);
      }
    }
    unmapAll(change, channel.kind());
    for (var mapping : wanted) {
      change
          .handle()
          .createUpdate(
              """
              INSERT INTO control.channel_member (organization_id, kind, user_id, member_id)
              VALUES (:organization, :kind, :user, :member)
              """)
          .bind("organization", change.organization().uuid())
          .bind("kind", channel.kind().wire())
          .bind("user", mapping.userId())
          .bind("member", mapping.memberId().uuid())
          .execute();
    }
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.channel SET version = version + 1, updated_at = :now
            WHERE organization_id = :organization AND kind = :kind
            """)
        .bind("organization", change.organization().uuid())
        .bind("kind", channel.kind().wire())
        .bind("now", change.now())
        .execute();
    before.stream()
        .filter(it -> !wanted.contains(it))
        .forEach(it -> audited(change, channel.kind(), "channel:unmap", it));
    wanted.stream()
        .filter(it -> !before.contains(it))
        .forEach(it -> audited(change, channel.kind(), "channel:map", it));
  }

  private static void audited(Change change, Channel.Kind kind, String operation, Mapping mapping) {
    change.audited(
        operation, kind.wire() + "/" + mapping.userId(), mapping.memberId().toString(), null);
  }

  private static void unmapAll(Change change, Channel.Kind kind) {
    change
        .handle()
        .createUpdate(
            """
            DELETE FROM control.channel_member
            WHERE organization_id = :organization AND kind = :kind
            """)
        .bind("organization", change.organization().uuid())
        .bind("kind", kind.wire())
        .execute();
  }

  /** Who the user is here; empty: nobody that was ever said. */
  static Optional<MemberId> memberOf(
      Handle handle, OrganizationId organization, Channel.Kind kind, String user) {
    return handle
        .createQuery(
            """
            SELECT member_id FROM control.channel_member
            WHERE organization_id = :organization AND kind = :kind AND user_id = :user
            """)
        .bind("organization", organization.uuid())
        .bind("kind", kind.wire())
        .bind("user", user)
        .map((row, _) -> new MemberId(Rows.uuid(row, "member_id")))
        .findOne();
  }

  private static Channel read(ResultSet row) throws SQLException {
    return new Channel(
        Channel.Kind.of(row.getString("kind")),
        Objects.requireNonNull(Rows.json(row, "settings", JsonNode.class)),
        row.getLong("waiting"),
        row.getLong("dead"),
        Rows.instantOrNull(row, "held_until"),
        row.getString("problem"),
        row.getLong("version"),
        Rows.instant(row, "created_at"),
        Rows.instant(row, "updated_at"));
  }
}
