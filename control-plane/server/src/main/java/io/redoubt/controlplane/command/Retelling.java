package io.redoubt.controlplane.command;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * What an enclave is told again that it passed over: the release that did not know what to do with
 * it may have been replaced.
 */
public interface Retelling extends Welcome {
  /**
   * Organizations of which it passed such a thing over when it was last told.
   *
   * @param before it was told, and not just now
   */
  List<OrganizationId> passedOver(Handle handle, EnclaveId enclave, Instant before);
}
