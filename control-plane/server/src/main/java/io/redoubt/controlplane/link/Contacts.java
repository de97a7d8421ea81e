package io.redoubt.controlplane.link;

import io.redoubt.controlplane.store.Rows;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.Turns;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.link.LinkReport;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/**
 * What is known of the other end of the link, in the enclave's own organization. It is one row,
 * which every call of the enclave changes.
 */
final class Contacts {
  /** Calls of one enclave that may wait for each other. */
  private static final int MOST_IN_LINE = 32;

  private static final Duration LONGEST_IN_LINE = Duration.ofSeconds(5);

  private final Database database;
  private final Turns<EnclaveId> turns = new Turns<>(MOST_IN_LINE, LONGEST_IN_LINE);

  Contacts(Database database) {
    this.database = database;
  }

  /** Works on the caller's row when no other call of it does, on this thread, which may wait. */
  <T> T inTurn(Caller caller, Function<Handle, T> work) {
    return turns.taking(
        caller.enclave(), () -> database.inOrganizationBlocking(caller.home(), work));
  }

  /** It called just now. */
  static void heard(Handle handle, Caller caller, Instant now) {
    handle
        .createUpdate(
            """
            UPDATE control.enclave SET last_contact_at = greatest(last_contact_at, :now)
            WHERE organization_id = :home AND id = :enclave
            """)
        .bind("now", now)
        .bind("home", caller.home().uuid())
        .bind("enclave", caller.enclave().uuid())
        .execute();
  }

  /**
   * It says who it is.
   *
   * @return whether its enrolment key is another than before
   */
  static boolean enrolled(
      Handle handle, Caller caller, byte[] enrolmentKey, String software, Instant now) {
    boolean another =
        enrolmentKey(handle, caller)
            .filter(known -> MessageDigest.isEqual(known, enrolmentKey))
            .isEmpty();
    handle
        .createUpdate(
            """
            UPDATE control.enclave
            SET enrolment_key = :key, software = :software, last_contact_at = :now
            WHERE organization_id = :home AND id = :enclave
            """)
        .bind("key", enrolmentKey)
        .bind("software", software)
        .bind("now", now)
        .bind("home", caller.home().uuid())
        .bind("enclave", caller.enclave().uuid())
        .execute();
    return another;
  }

  /** The enclave's enrolment key; empty if it has none, or is not the caller any longer. */
  static Optional<byte[]> enrolmentKey(Handle handle, Caller caller) {
    return handle
        .createQuery(
            """
            SELECT enrolment_key FROM control.enclave
            WHERE organization_id = :home AND id = :enclave AND api_key_digest = :key
              AND enrolment_key IS NOT NULL
            """)
        .bind("home", caller.home().uuid())
        .bind("enclave", caller.enclave().uuid())
        .bind("key", caller.key().bytes())
        .mapTo(byte[].class)
        .findOne();
  }

  /** It has a stream of commands open, with the key that is its own now. */
  static void listens(Handle handle, Caller caller, Instant until) {
    handle
        .createUpdate(
            """
            UPDATE control.enclave SET listens_until = greatest(listens_until, :until)
            WHERE organization_id = :home AND id = :enclave AND api_key_digest = :key
            """)
        .bind("until", until)
        .bind("home", caller.home().uuid())
        .bind("enclave", caller.enclave().uuid())
        .bind("key", caller.key().bytes())
        .execute();
  }

  /**
   * One of its streams has closed. Another may be open, here or at another process, and has until
   * then to say so: what is known of that one must not be lost with this one.
   */
  static void silent(Handle handle, Caller caller, Instant unlessHeardUntil) {
    handle
        .createUpdate(
            """
            UPDATE control.enclave SET listens_until = least(listens_until, :until)
            WHERE organization_id = :home AND id = :enclave
            """)
        .bind("until", unlessHeardUntil)
        .bind("home", caller.home().uuid())
        .bind("enclave", caller.enclave().uuid())
        .execute();
  }

  static void applied(Handle handle, Caller caller, LinkReport.Applied report) {
    handle
        .createUpdate(
            """
            UPDATE control.enclave SET applied_up_to = :upTo, applied_at = :at
            WHERE organization_id = :home AND id = :enclave
              AND (applied_at IS NULL OR applied_at <= :at OR applied_up_to < :upTo)
            """)
        .bind("upTo", report.upTo())
        .bind("at", report.at())
        .bind("home", caller.home().uuid())
        .bind("enclave", caller.enclave().uuid())
        .execute();
  }

  static void nodes(Handle handle, Caller caller, LinkReport.NodesSeen report) {
    handle
        .createUpdate(
            """
            UPDATE control.enclave SET nodes = CAST(:nodes AS jsonb), nodes_at = :at
            WHERE organization_id = :home AND id = :enclave
              AND (nodes_at IS NULL OR nodes_at <= :at)
            """)
        .bind("nodes", Rows.json(report.nodes()))
        .bind("at", report.at())
        .bind("home", caller.home().uuid())
        .bind("enclave", caller.enclave().uuid())
        .execute();
  }
}
