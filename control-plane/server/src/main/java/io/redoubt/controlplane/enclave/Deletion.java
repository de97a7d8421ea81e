package io.redoubt.controlplane.enclave;

import io.redoubt.controlplane.operator.Change;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.token.SecretKeyText;

/** Ends an enclave for ever, where nothing depends on it any more. */
final class Deletion {
  private Deletion() {}

  /** The caller has locked the enclave, so that nobody begins to depend on it meanwhile. */
  static void delete(Change change, EnclaveId id) {
    requireNone("Organizations that it serves besides its own", others(change, id));
    requireNone("Agents that belong to it and are not decommissioned", agents(change, id));
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.enclave
            SET deleted_at = :now, updated_at = :now, listens_until = NULL,
              api_key_digest = :nobodys
            WHERE organization_id = :organization AND id = :id
            """)
        .bind("now", change.now())
        .bind(
            "nobodys", SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, id).digest().bytes())
        .bind("organization", change.organization().uuid())
        .bind("id", id.uuid())
        .execute();
    long unheard = unheard(change, id);
    change.audited(
        "enclave:delete",
        id,
        unheard == 0 ? null : "agents whose end it has not acknowledged: " + unheard,
        null);
  }

  private static void requireNone(String what, long count) {
    if (count > 0) {
      throw ProblemException.of(ErrorType.CONFLICT, what + ": " + count + ".");
    }
  }

  private static long others(Change change, EnclaveId id) {
    return change
        .handle()
        .createQuery("SELECT control.others_served_by(:id)")
        .bind("id", id.uuid())
        .mapTo(Long.class)
        .one();
  }

  private static long agents(Change change, EnclaveId id) {
    return count(
        change,
        id,
        """
        SELECT count(*) FROM control.agent
        WHERE organization_id = :organization AND enclave_id = :id AND deleted_at IS NULL
        """);
  }

  /** Agents that were decommissioned, of which it never said that they are stopped (G12). */
  private static long unheard(Change change, EnclaveId id) {
    return count(
        change,
        id,
        """
        SELECT count(*) FROM (
          SELECT agent_id FROM control.lifecycle_order
          WHERE organization_id = :organization AND enclave_id = :id AND kind = 'decommission'
          GROUP BY agent_id HAVING bool_and(proof IS NULL)) AS unheard
        """);
  }

  private static long count(Change change, EnclaveId id, String sql) {
    return change
        .handle()
        .createQuery(sql)
        .bind("organization", change.organization().uuid())
        .bind("id", id.uuid())
        .mapTo(Long.class)
        .one();
  }
}
