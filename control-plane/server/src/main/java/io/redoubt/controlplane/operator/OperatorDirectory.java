package io.redoubt.controlplane.operator;

import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Who a client is right now, whatever its token said when it was issued. */
public interface OperatorDirectory {
  /**
   * The client as it stands.
   *
   * @param issuedAt of its token
   * @return empty if the client is gone, or the member behind it, or its secret was changed since
   */
  Optional<Operator> current(
      Handle handle, OrganizationId organization, ClientId client, Instant issuedAt);
}
