package io.redoubt.policy;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The agent that wants to act.
 *
 * @param owner the human answerable for it
 * @param labels each of which makes it a member of the group {@code key=value}
 */
public record Subject(
    AgentId id,
    OrganizationId organization,
    String name,
    @Nullable String owner,
    Map<String, String> labels) {
  public Subject {
    labels = Map.copyOf(labels);
  }
}
