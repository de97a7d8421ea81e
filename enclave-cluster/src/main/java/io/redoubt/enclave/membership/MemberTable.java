package io.redoubt.enclave.membership;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.EnclaveId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The table in which nodes find each other. Whatever decides something runs under one lock, so that
 * of two nodes that ask at the same moment the second sees what the first was told. A node that is
 * put out of the table is permitted nothing from then on, even if it lives after all.
 */
final class MemberTable {
  private static final int LOCK = 7252;

  /** What a node learns when it asks for its name and address. */
  sealed interface Claim {}

  record Claimed() implements Claim {}

  record Held(MemberRow by) implements Claim {}

  /** What a node learns when it asks where the cluster is. */
  sealed interface Place {}

  /** Nowhere yet: this node begins it. */
  record Founder() implements Place {}

  record Members(List<String> addresses) implements Place {}

  /** Somebody else may be about to begin it. */
  record Waiting(List<MemberRow> forWhom) implements Place {}

  private final Database database;

  MemberTable(Database database) {
    this.database = database;
  }

  /**
   * Takes a node's name and address, from the dead ones too.
   *
   * @param own the row to be
   * @param dead those that are known to be
   */
  Claim claim(MemberRow own, String release, Set<MemberRow.Sighting> dead) {
    return database.inTransactionBlocking(handle -> {
      lock(handle);
      for (MemberRow other : rowsHeld(handle)) {
        boolean inTheWay =
            other.node().equals(own.node())
                || !other.enclave().equals(own.enclave())
                || (other.address().isPresent() && other.address().equals(own.address()));
        if (inTheWay) {
          if (!dead.contains(other.sighting())) {
            return new Held(other);
          }
          putOut(handle, other);
        }
      }
      int _ =
          handle
              .createUpdate(
                  "INSERT INTO enclave.cluster_member"
                      + " (node, session, enclave_id, address, release, goes_on_millis, machine)"
                      + " VALUES (:node, :session, :enclave, :address, :release, :goesOn,"
                      + " :machine)")
              .bind("node", own.node())
              .bind("session", own.session())
              .bind("enclave", own.enclave().uuid())
              .bind("address", own.address().orElse(null))
              .bind("release", release)
              .bind("goesOn", own.goesOn().toMillis())
              .bind("machine", own.machine().orElse(null))
              .execute();
      return new Claimed();
    });
  }

  /** Says where the node listens, which some know only then. */
  void announce(UUID session, String address) {
    int _ =
        database.inTransactionBlocking(handle -> {
          lock(handle);
          return handle
              .createUpdate(
                  "UPDATE enclave.cluster_member SET address = :address WHERE session = :session")
              .bind("session", session)
              .bind("address", address)
              .execute();
        });
  }

  /**
   * Where the cluster is; or that it is to begin here, which is told to one node only. Members that
   * are cut off from here would let a newcomer in as well, which then had them for a majority: they
   * are waited for, until they are heard or have stopped by themselves.
   *
   * @param mayFound whether this node may be that one
   * @param dead those that are known to be
   */
  Place place(UUID session, boolean mayFound, Set<MemberRow.Sighting> dead) {
    return database.inTransactionBlocking(handle -> {
      lock(handle);
      List<MemberRow> all = rowsHeld(handle);
      if (all.stream()
          .anyMatch(
              row -> row.session().equals(session) && row.state() == MemberRow.State.FOUNDING)) {
        return new Founder();
      }
      List<MemberRow> others = all.stream().filter(row -> !row.session().equals(session)).toList();
      List<MemberRow> alive =
          others.stream().filter(row -> !dead.contains(row.sighting())).toList();
      List<String> members =
          alive.stream()
              .filter(row -> row.state() == MemberRow.State.MEMBER && row.isHeard())
              .flatMap(row -> row.address().stream())
              .toList();
      if (!members.isEmpty()) {
        return new Members(members);
      }
      boolean begun = alive.stream().anyMatch(row -> row.state() != MemberRow.State.STARTING);
      if (begun || !mayFound) {
        return new Waiting(alive);
      }
      others.stream()
          .filter(row -> row.state() != MemberRow.State.STARTING)
          .forEach(row -> putOut(handle, row));
      setState(handle, session, MemberRow.State.FOUNDING);
      return new Founder();
    });
  }

  /** The node is in the cluster. */
  void joined(UUID session) {
    database.inTransactionBlocking(handle -> {
      lock(handle);
      setState(handle, session, MemberRow.State.MEMBER);
      return session;
    });
  }

  void leave(UUID session) {
    int _ =
        database.inTransactionBlocking(handle ->
            handle
                .createUpdate("DELETE FROM enclave.cluster_member WHERE session = :session")
                .bind("session", session)
                .execute());
  }

  /** Takes the place of a node that is gone, if the one who says so has its own still. */
  boolean giveAway(UUID own, UUID gone) {
    return database.inTransactionBlocking(handle -> {
      lock(handle);
      List<MemberRow> all = rows(handle);
      if (all.stream().noneMatch(row -> row.session().equals(own))) {
        return false;
      }
      all.stream().filter(row -> row.session().equals(gone)).forEach(row -> putOut(handle, row));
      return true;
    });
  }

  List<MemberRow> rows() {
    return database.inTransactionBlocking(MemberTable::rows);
  }

  /** Starts of nodes that are in the table no more, and whose intents are not settled. */
  List<Long> abandoned() {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery(
                "SELECT id FROM enclave.incarnation AS i WHERE settled_at IS NULL"
                    + " AND NOT EXISTS (SELECT FROM enclave.cluster_member AS m"
                    + " WHERE m.node = i.node) ORDER BY id")
            .mapTo(Long.class)
            .list());
  }

  /** On the heartbeat's own connection: the time there; empty: the node was put out. */
  static Optional<Instant> beat(Connection connection, UUID session) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            "UPDATE enclave.cluster_member SET beats = beats + 1, beat_at = clock_timestamp()"
                + " WHERE session = ? RETURNING beat_at")) {
      statement.setObject(1, session);
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? Optional.of(row.getObject(1, OffsetDateTime.class).toInstant())
            : Optional.empty();
      }
    }
  }

  private static void lock(Handle handle) {
    handle
        .createQuery("SELECT pg_advisory_xact_lock(:lock, 0) IS NULL")
        .bind("lock", LOCK)
        .mapTo(Boolean.class)
        .one();
  }

  private static void putOut(Handle handle, MemberRow dead) {
    handle
        .createQuery(
            "SELECT enclave.close_incarnation(id) IS NULL FROM enclave.incarnation"
                + " WHERE node = :node AND closed_at IS NULL")
        .bind("node", dead.node())
        .mapTo(Boolean.class)
        .list();
    int _ =
        handle
            .createUpdate("DELETE FROM enclave.cluster_member WHERE session = :session")
            .bind("session", dead.session())
            .execute();
  }

  private static void setState(Handle handle, UUID session, MemberRow.State state) {
    int _ =
        handle
            .createUpdate(
                "UPDATE enclave.cluster_member SET state = :state WHERE session = :session")
            .bind("session", session)
            .bind("state", state.wire())
            .execute();
  }

  private static List<MemberRow> rows(Handle handle) {
    return rows(handle, "");
  }

  /** A heartbeat waits until it is decided, so that who is put out has not just been heard. */
  private static List<MemberRow> rowsHeld(Handle handle) {
    return rows(handle, " FOR UPDATE");
  }

  private static List<MemberRow> rows(Handle handle, String held) {
    return handle
        .createQuery(
            "SELECT node, session, enclave_id, address, state, beats,"
                + " (extract(epoch FROM clock_timestamp() - beat_at) * 1000)::bigint,"
                + " goes_on_millis, machine"
                + " FROM enclave.cluster_member ORDER BY node"
                + held)
        .map((row, _) -> row(row))
        .list();
  }

  private static MemberRow row(ResultSet row) throws SQLException {
    @Nullable String address = row.getString(4);
    @Nullable String machine = row.getString(9);
    return new MemberRow(
        row.getString(1),
        row.getObject(2, UUID.class),
        new EnclaveId(row.getObject(3, UUID.class)),
        Optional.ofNullable(address),
        MemberRow.State.ofWire(row.getString(5)),
        row.getLong(6),
        Duration.ofMillis(row.getLong(7)),
        Duration.ofMillis(row.getLong(8)),
        Optional.ofNullable(machine));
  }
}
