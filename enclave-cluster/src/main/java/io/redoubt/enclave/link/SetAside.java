package io.redoubt.enclave.link;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.CommandEnvelope;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Commands that wait beside the others: orders to stop an agent that could not be carried out, and
 * what was said of the agent after them. Durable, since the place in the log has moved past them.
 */
public interface SetAside {
  /** One of them, and when it was set aside. */
  record Order(CommandEnvelope envelope, Instant since) {}

  /**
   * One as it is kept.
   *
   * @param envelope as JSON, by whichever release wrote it
   */
  record Row(String envelope, Instant since) {}

  /** Those that were said first, of all organizations, in their order. */
  CompletionStage<List<Row>> first(int atMost);

  /** Keeps one; one that is kept already stays as it is. */
  CompletionStage<Void> add(Order order);

  /** It is carried out, or never will be, and that is told. */
  CompletionStage<Void> done(OrganizationId organization, long number);
}
