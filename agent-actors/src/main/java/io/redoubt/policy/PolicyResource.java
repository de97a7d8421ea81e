package io.redoubt.policy;

/** What an agent wants to act on. */
public sealed interface PolicyResource {
  record Model(String provider, String name) implements PolicyResource {}

  /** A tool that a model proposes to call, by the name that the agent gave it. */
  record Tool(String name) implements PolicyResource {}

  record McpTool(String server, String name) implements PolicyResource {}

  record Operation(String connector, String name) implements PolicyResource {}

  /**
   * Somewhere to connect to.
   *
   * @param name a host's name in lower case, or a literal address
   */
  record Host(String name, int port) implements PolicyResource {}
}
