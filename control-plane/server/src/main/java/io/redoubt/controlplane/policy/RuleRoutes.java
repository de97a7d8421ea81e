package io.redoubt.controlplane.policy;

import static io.redoubt.controlplane.operator.Permission.POLICIES_MANAGE;
import static io.redoubt.controlplane.operator.Permission.POLICIES_READ;

import io.redoubt.controlplane.agent.Agents;
import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.http.Bodies;
import io.redoubt.http.Requests;
import io.redoubt.policy.Rule;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.List;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /api/v1/rules}: rules by priority, of the draft. */
public final class RuleRoutes {
  private static final String PATH = "/api/v1/rules";
  private static final String ONE = PATH + "/{name}";

  private final RuleBook rules;
  private final Agents agents;
  private final Bodies bodies;

  public RuleRoutes(Policies policies, Agents agents, Bodies bodies) {
    this.rules = policies.rules;
    this.agents = agents;
    this.bodies = bodies;
  }

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, POLICIES_READ, this::list),
        Endpoint.get(ONE, POLICIES_READ, this::show),
        Endpoint.put(ONE, POLICIES_MANAGE, this::put),
        Endpoint.delete(ONE, POLICIES_MANAGE, this::delete));
  }

  /** Page after page by priority. */
  private Route list(Call call) {
    call.parameters("limit", "cursor");
    return Requests.page(page -> {
      int after = page.cursor().map(RuleRoutes::priority).orElse(0);
      return call.read(transaction ->
          Answer.ok(
              PageOf.body(
                  rules.list(transaction).stream()
                      .filter(it -> it.priority() > after)
                      .limit(page.limit() + 1L)
                      .toList(),
                  page.limit(),
                  it -> Integer.toString(it.priority()))));
    });
  }

  private static int priority(String cursor) {
    try {
      return Integer.parseInt(cursor);
    } catch (NumberFormatException _) {
      throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "The cursor is not one of ours.");
    }
  }

  private Route show(Call call) {
    String name = name(call);
    return call.read(transaction ->
        rules
            .find(transaction, name)
            .map(found -> Answer.ok(found).withVersion(found.version()))
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private static String name(Call call) {
    String name = call.pathValue("name");
    if (!Rule.isName(name)) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
    return name;
  }

  private Route put(Call call) {
    String name = call.pathValue("name");
    return bodies.json(
        RuleBody.class,
        body -> {
          var rule = body.checked(name);
          return call.change(change -> {
            change.lockOrganization(); // priorities must still be free when it is kept
            var before = rules.find(change, name);
            call.requireMatch(before.map(RuleEntry::version));
            requireAgent(change, rule);
            var kept = rules.put(change, rule);
            var answer =
                before.isPresent() ? Answer.ok(kept) : Answer.created(PATH + "/" + name, kept);
            return answer.withVersion(kept.version());
          });
        });
  }

  private void requireAgent(Change change, Rule rule) {
    if (rule.agent() != null && !agents.has(change, rule.agent())) {
      throw ProblemException.invalid("/agent_id", "is not an agent of the organization");
    }
  }

  private Route delete(Call call) {
    String name = name(call);
    return call.change(change -> {
      change.lockOrganization();
      var found =
          rules.find(change, name).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      call.requireMatch(found.version());
      rules.delete(change, found);
      return Answer.noContent();
    });
  }
}
