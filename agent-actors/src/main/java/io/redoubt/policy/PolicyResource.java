package io.redoubt.policy;

import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What an agent wants to act on. */
public sealed interface PolicyResource {
  /** What policies call it: the id of its entity. */
  default String id() {
    return switch (this) {
      case Model(_, var name) -> name;
      case Tool(var name) -> name;
      case McpTool(var server, var name) -> server + '/' + name;
      case Operation(var connector, var name) -> connector + '/' + name;
      case Host(var name, var port) -> name + ':' + port;
    };
  }

  /**
   * What an action acts on. Empty: no plane asks for such a thing yet.
   *
   * @param within what it is in, such as a provider; null: nothing is known
   */
  static Optional<PolicyResource> of(PolicyAction action, @Nullable String within, String name) {
    var in = within == null ? "" : within;
    return switch (action) {
      case LLM_GENERATE -> Optional.of(new Model(in, name));
      case TOOL_CALL -> Optional.of(new Tool(name));
      case MCP_CALL -> Optional.of(new McpTool(in, name));
      case CONNECTOR_READ, CONNECTOR_WRITE -> Optional.of(new Operation(in, name));
      case NETWORK_CONNECT, EXTERNAL_CHECK -> Optional.empty();
    };
  }

  /**
   * Reads what an operator wrote: a name, or two with what stands between them. Empty: it does not
   * fit the action.
   *
   * @param provider of a model; null: none in particular
   */
  static Optional<PolicyResource> parse(
      PolicyAction action, @Nullable String provider, String text) {
    return switch (action) {
      case LLM_GENERATE -> Optional.of(new Model(provider == null ? "" : provider, text));
      case TOOL_CALL -> Optional.of(new Tool(text));
      case MCP_CALL -> parted(text, text.indexOf('/'), McpTool::new);
      case CONNECTOR_READ, CONNECTOR_WRITE, EXTERNAL_CHECK ->
          parted(text, text.indexOf('/'), Operation::new);
      case NETWORK_CONNECT -> parted(text, text.lastIndexOf(':'), Host::parse);
    };
  }

  private static Optional<PolicyResource> parted(
      String text, int at, BiFunction<String, String, PolicyResource> parts) {
    if (at <= 0 || at == text.length() - 1) {
      return Optional.empty();
    }
    try {
      return Optional.of(parts.apply(text.substring(0, at), text.substring(at + 1)));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

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
  record Host(String name, int port) implements PolicyResource {
    private static Host parse(String name, String port) {
      int number = Integer.parseInt(port);
      if (number < 1 || number > 65535) {
        throw new IllegalArgumentException("a port is 1 to 65535");
      }
      return new Host(name, number);
    }
  }
}
