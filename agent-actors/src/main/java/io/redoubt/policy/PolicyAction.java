package io.redoubt.policy;

import java.util.Arrays;
import java.util.Optional;

/** What an agent may want to do, as policies name it. */
public enum PolicyAction {
  LLM_GENERATE("llm:generate"),
  /** A call that a model's reply proposes. */
  TOOL_CALL("tool:call"),
  MCP_CALL("mcp:call"),
  CONNECTOR_READ("connector:read"),
  CONNECTOR_WRITE("connector:write"),
  NETWORK_CONNECT("network:connect"),
  /** A decision asked for by an outside enforcement point. */
  EXTERNAL_CHECK("external:check");

  private final String id;

  PolicyAction(String id) {
    this.id = id;
  }

  /** Id of the Cedar entity, such as {@code llm:generate}. */
  public String id() {
    return id;
  }

  public static Optional<PolicyAction> of(String id) {
    return Arrays.stream(values()).filter(each -> each.id.equals(id)).findFirst();
  }
}
