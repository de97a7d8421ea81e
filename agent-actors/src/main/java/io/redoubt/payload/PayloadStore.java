package io.redoubt.payload;

import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.util.ByteString;

/**
 * What agents sent and models answered, sealed under the organization's key, inside the enclave
 * only.
 */
public interface PayloadStore {

  /** Which half. */
  enum Part {
    REQUEST,
    REPLY
  }

  /**
   * One half of an exchange.
   *
   * @param body the bytes as they went by; never changed afterwards
   * @param truncated whether the configured limit cut it short (G12)
   */
  record Payload(
      OrganizationId organization,
      AgentId agent,
      ActionId action,
      Part part,
      String mediaType,
      ByteString body,
      boolean truncated,
      Instant at,
      Instant deleteAfter) {}

  /** Completes when durable. */
  CompletionStage<Void> keep(Payload payload);

  /** Deletes what is past its retention; answers how many. */
  CompletionStage<Integer> purge(Instant now);
}
