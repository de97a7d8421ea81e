package io.redoubt.persistence.enclave;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.revocation.Revocation;
import io.redoubt.revocation.RevocationStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** Revocations in PostgreSQL (G2). */
final class PostgresRevocationStore implements RevocationStore {
  private static final String FAMILY = "family";
  private static final String TOKEN = "token";

  private final Database database;

  PostgresRevocationStore(Database database) {
    this.database = database;
  }

  @Override
  public CompletionStage<Void> add(Revocation revocation) {
    String kind =
        switch (revocation) {
          case Revocation.OfFamily _ -> FAMILY;
          case Revocation.OfToken _ -> TOKEN;
        };
    String subject =
        switch (revocation) {
          case Revocation.OfFamily of -> of.family().toString();
          case Revocation.OfToken of -> of.jti();
        };
    return database
        .inOrganization(
            revocation.organization(),
            handle ->
                handle
                    .createUpdate(
                        "INSERT INTO enclave.revocation AS r"
                            + " (organization_id, kind, subject, forget_at)"
                            + " VALUES (:organization, :kind, :subject, :forgetAt)"
                            + " ON CONFLICT (organization_id, kind, subject) DO UPDATE"
                            + " SET forget_at = greatest(r.forget_at, excluded.forget_at)")
                    .bind("organization", revocation.organization().uuid())
                    .bind("kind", kind)
                    .bind("subject", subject)
                    .bind("forgetAt", revocation.forgetAt())
                    .execute())
        .thenApply(_ -> null);
  }

  @Override
  public CompletionStage<List<Revocation>> standing(Instant now) {
    return database.inTransaction(handle ->
        handle
            .createQuery(
                "SELECT organization_id, kind, subject, forget_at"
                    + " FROM enclave.standing_revocations(:now)")
            .bind("now", now)
            .map((row, _) -> revocation(row))
            .list());
  }

  private static Revocation revocation(ResultSet row) throws SQLException {
    var organization = new OrganizationId(row.getObject(1, UUID.class));
    Instant forgetAt = row.getTimestamp(4).toInstant();
    return switch (row.getString(2)) {
      case FAMILY ->
          new Revocation.OfFamily(organization, FamilyId.parse(row.getString(3)), forgetAt);
      case TOKEN -> new Revocation.OfToken(organization, row.getString(3), forgetAt);
      default -> throw new IllegalStateException("a revocation that this release does not know");
    };
  }

  @Override
  public CompletionStage<Integer> forget(Instant before) {
    return database.inTransaction(handle ->
        handle
            .createQuery("SELECT enclave.forget_revocations(:before)")
            .bind("before", before)
            .mapTo(Integer.class)
            .one());
  }
}
