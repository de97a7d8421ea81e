package io.redoubt.proxy.decide;

import io.redoubt.content.ContentRules;
import io.redoubt.content.EffectiveContentPolicy;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.proxy.inspect.Inspector;
import java.util.List;
import java.util.Locale;

/**
 * The content policy that holds for one call, from its permit to the end of its reply, whatever is
 * published meanwhile.
 */
public record ContentInForce(Inspector inspector, EffectiveContentPolicy policy) {

  public static ContentInForce of(ContentRules rules, AgentId agent, AgentSpec spec) {
    return new ContentInForce(Inspector.of(rules.patterns()), rules.of(agent, spec.labels()));
  }

  /** Whether texts of the reply may have to be changed, or the reply be ended. */
  public boolean enforcesInReply() {
    return policy.enforces(Direction.REPLY);
  }

  /** What a record is told of something that was done in a reply. */
  public Coverage.Act inReply(String finding, ContentAction action) {
    var by = policy.part(finding, Direction.REPLY).origin();
    return act(Inspected.REPLY + ':' + finding, action, by == null ? "" : by.name());
  }

  /** What findings in a reply are to be reported for. */
  public List<Coverage.Act> alerts(List<String> findings) {
    return findings.stream()
        .map(each -> each.substring(Inspected.REPLY.length() + 1))
        .filter(each -> policy.action(each, Direction.REPLY) == ContentAction.ALERT)
        .map(each -> inReply(each, ContentAction.ALERT))
        .toList();
  }

  /** What was done about what was found in a request, or in the arguments of a call. */
  public static List<Coverage.Act> acts(Decision decision) {
    return decision.content().stream()
        .map(each -> act(each.finding(), each.action(), each.by().name()))
        .toList();
  }

  private static Coverage.Act act(String finding, ContentAction action, String by) {
    return new Coverage.Act(
        finding, action.name().toLowerCase(Locale.ROOT), by.toLowerCase(Locale.ROOT));
  }
}
