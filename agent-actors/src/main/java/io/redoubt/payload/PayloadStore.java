package io.redoubt.payload;

import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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

  /**
   * What is known of a half that is kept, without opening it.
   *
   * @param bytes of its body
   */
  record Kept(
      Part part,
      String mediaType,
      long bytes,
      boolean truncated,
      Instant at,
      Instant deleteAfter) {}

  /** Completes when durable. */
  CompletionStage<Void> keep(Payload payload);

  /**
   * The halves of an action that are kept, the request first. What is past its retention is not
   * among them, deleted or not.
   */
  CompletionStage<List<Kept>> list(OrganizationId organization, ActionId action, Instant now);

  /** One half, opened; empty where it is not kept, or is past its retention. */
  CompletionStage<Optional<Payload>> open(
      OrganizationId organization, ActionId action, Part part, Instant now);

  /** Deletes what is past its retention; answers how many. */
  CompletionStage<Integer> purge(Instant now);
}
