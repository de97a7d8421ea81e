package io.redoubt.protocol.policy;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.policy.ContentPolicy.Layer;
import io.redoubt.protocol.text.PlainText;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A content policy, and whom it is for.
 *
 * @param scope {@value #PLATFORM}, {@value #ORGANIZATION}, an agent's id, or a label such as {@code
 *     team=payments} of agents
 */
@JsonPropertyOrder({"scope", "policy"})
public record ContentDocument(String scope, ContentPolicy policy) {
  public static final String PLATFORM = "platform";
  public static final String ORGANIZATION = "organization";

  /** Names of labels, as agents may have them. */
  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,62}");

  /** Longest scope. */
  public static final int MAX_SCOPE = 63;

  public ContentDocument {
    if (!isScope(scope)) {
      throw new IllegalArgumentException("not the scope of a content policy");
    }
    if (policy == null
        || policy.rules().size() > ContentPolicy.MAX_RULES
        || policy.patterns().size() > ContentPolicy.MAX_PATTERNS) {
      throw new IllegalArgumentException("a content policy is missing, or too large");
    }
  }

  /** Whether this says whom a content policy is for. */
  public static boolean isScope(String text) {
    return text.equals(PLATFORM) || text.equals(ORGANIZATION) || isAgents(text);
  }

  /** Whether this is an agent, or a label that some have. */
  public static boolean isAgents(String scope) {
    int sign = scope.indexOf('=');
    return PlainText.fits(scope, MAX_SCOPE)
        && (sign < 0 ? isAgent(scope) : LABEL.matcher(scope.substring(0, sign)).matches());
  }

  private static boolean isAgent(String text) {
    try {
      return AgentId.parse(text).toString().equals(text);
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  public Layer layer() {
    return switch (scope) {
      case PLATFORM -> Layer.PLATFORM;
      case ORGANIZATION -> Layer.ORGANIZATION;
      default -> Layer.AGENT;
    };
  }

  /** The one agent that it is for; empty: it is for more than one. */
  public Optional<AgentId> agent() {
    return layer() == Layer.AGENT && scope.indexOf('=') < 0
        ? Optional.of(AgentId.parse(scope))
        : Optional.empty();
  }

  /** Whether what this agent does is meant. */
  public boolean concerns(AgentId agent, Map<String, String> labels) {
    int sign = scope.indexOf('=');
    if (sign < 0) {
      return layer() != Layer.AGENT || scope.equals(agent.toString());
    }
    return scope.substring(sign + 1).equals(labels.get(scope.substring(0, sign)));
  }
}
