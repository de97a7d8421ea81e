package io.redoubt.policy;

import com.cedarpolicy.value.EntityTypeName;
import com.cedarpolicy.value.EntityUID;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The words that policies are written in: Cedar's schema, without a namespace. */
final class Vocabulary {
  static final String AGENT = "Agent";
  static final String AGENT_GROUP = "AgentGroup";
  static final String ORGANIZATION = "Organization";
  static final String MODEL = "Model";
  static final String PROVIDER = "Provider";
  static final String TOOL = "Tool";
  static final String MCP_TOOL = "McpTool";
  static final String MCP_SERVER = "McpServer";
  static final String OPERATION = "Operation";
  static final String CONNECTOR = "Connector";
  static final String HOST = "Host";

  /**
   * What is known of every action: all but the arguments and counts, which each policy set names
   * itself. What is not optional here may still be unknown of an action, such as findings where
   * nothing was inspected, or what a model without a price would cost: a policy that asks for it
   * then cannot be evaluated, and the action is denied.
   */
  private static final String FACTS =
      """
        args: ARGUMENTS,
        findings: Set<String>,
        risk: Long,
        session: Session,
        time: datetime,
        source_ip: ipaddr,
        estimate?: Estimate,
        approval?: Approval\
      """;

  private static final String TEXT =
      """
      entity Organization;
      entity AgentGroup;
      entity Agent in [Organization, AgentGroup] { name: String, owner?: String } tags String;
      entity Provider;
      entity Model in [Provider] { name: String };
      entity Tool { name: String };
      entity McpServer;
      entity McpTool in [McpServer] { name: String };
      entity Connector;
      entity Operation in [Connector] { name: String };
      entity Host { name: String, port: Long };

      type Session = { actions: Long, denials: Long, operations: Set<String>, counts: COUNTS };
      type Tools = { names: Set<String>, provider: Set<String> };
      type Estimate = { tokens: Long, cents: Long };
      type Approval = { tier: Long, by: Set<String>, at: datetime };
      type Facts = {
      FACTS
      };
      type RequestFacts = {
      FACTS,
        tools: Tools
      };

      action "llm:generate" appliesTo {
        principal: [Agent], resource: [Model], context: RequestFacts
      };
      action "tool:call" appliesTo { principal: [Agent], resource: [Tool], context: Facts };
      action "mcp:call" appliesTo { principal: [Agent], resource: [McpTool], context: Facts };
      action "connector:read", "connector:write"
        appliesTo { principal: [Agent], resource: [Operation], context: Facts };
      action "network:connect" appliesTo { principal: [Agent], resource: [Host], context: Facts };
      action "external:check" appliesTo {
        principal: [Agent], resource: [Model, Tool, McpTool, Operation, Host], context: Facts
      };
      """;

  private static final Map<PolicyAction, EntityUID> ACTIONS = new EnumMap<>(PolicyAction.class);

  static {
    var type = EntityTypeName.parse("Action").orElseThrow();
    for (var action : PolicyAction.values()) {
      ACTIONS.put(action, type.of(action.id()));
    }
  }

  private Vocabulary() {}

  /**
   * The schema in Cedar's text.
   *
   * @param arguments type of {@code context.args}
   * @param counts those of {@code context.session}
   */
  static String schema(String arguments, Set<Tally> counts) {
    return TEXT.replace("FACTS", FACTS)
        .replace("ARGUMENTS", arguments)
        .replace(
            "COUNTS",
            counts.stream()
                .map(each -> quoted(each.text()) + ": Long")
                .sorted()
                .collect(Collectors.joining(", ", "{ ", " }")));
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  static EntityUID uid(PolicyAction action) {
    return Objects.requireNonNull(ACTIONS.get(action));
  }

  /** Whether such a thing can be done to such a resource. */
  static boolean allows(PolicyAction action, PolicyResource resource) {
    return switch (action) {
      case LLM_GENERATE -> resource instanceof PolicyResource.Model;
      case TOOL_CALL -> resource instanceof PolicyResource.Tool;
      case MCP_CALL -> resource instanceof PolicyResource.McpTool;
      case CONNECTOR_READ, CONNECTOR_WRITE -> resource instanceof PolicyResource.Operation;
      case NETWORK_CONNECT -> resource instanceof PolicyResource.Host;
      case EXTERNAL_CHECK -> true;
    };
  }
}
