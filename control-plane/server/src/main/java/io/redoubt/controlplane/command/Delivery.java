package io.redoubt.controlplane.command;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import java.util.concurrent.CompletionStage;

/**
 * Completes the commands of one kind, of which the log holds only a name: what comes with a secret
 * is told as it is at delivery, and the secret is sealed only then.
 */
public interface Delivery {
  /** The kind of the entries, as in {@code provider.put}. */
  String commandKind();

  /**
   * What the entry means now.
   *
   * @param enrolmentKey the enclave's, whatever key it has enrolled since the entry was written
   */
  CompletionStage<LinkCommand> deliver(
      OrganizationId organization, String name, EnclaveId enclave, byte[] enrolmentKey);
}
