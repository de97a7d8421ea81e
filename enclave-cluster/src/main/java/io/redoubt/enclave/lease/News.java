package io.redoubt.enclave.lease;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.redoubt.agent.AgentKey;
import io.redoubt.revocation.Revocation;
import java.util.UUID;

/** What a node must have applied before it goes on. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "@type")
@JsonSubTypes({@JsonSubTypes.Type(News.Revoked.class), @JsonSubTypes.Type(News.Stopped.class)})
public sealed interface News {

  /** Tokens that are no longer honoured. */
  @JsonTypeName("revoked")
  record Revoked(Revocation revocation) implements News {}

  /**
   * An agent that was stopped: what it has under way ends.
   *
   * @param stop tells this stop from the agent's other ones
   */
  @JsonTypeName("stopped")
  record Stopped(AgentKey agent, UUID stop) implements News {}
}
