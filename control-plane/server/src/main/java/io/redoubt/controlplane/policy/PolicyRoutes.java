package io.redoubt.controlplane.policy;

import static io.redoubt.controlplane.operator.Permission.POLICIES_MANAGE;
import static io.redoubt.controlplane.operator.Permission.POLICIES_READ;

import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.http.Bodies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.List;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/policies}: the draft. */
public final class PolicyRoutes {
  private static final String PATH = "/api/v1/policies";
  private static final String ONE = PATH + "/{name}";

  private final PolicyDraft draft;
  private final Bodies bodies;

  public PolicyRoutes(Policies policies, Bodies bodies) {
    this.draft = policies.draft;
    this.bodies = bodies;
  }

  record PolicyBody(@Nullable String cedar) {}

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, POLICIES_READ, this::list),
        Endpoint.get(ONE, POLICIES_READ, this::show),
        Endpoint.put(ONE, POLICIES_MANAGE, this::put),
        Endpoint.delete(ONE, POLICIES_MANAGE, this::delete));
  }

  private Route list(Call call) {
    call.parameters("limit", "cursor");
    return Requests.page(page ->
        call.read(transaction -> {
          var found =
              draft.list(transaction, PageOf.after(page, PolicyDocument::isName), page.limit() + 1);
          return Answer.ok(PageOf.body(found, page.limit(), Policy::name));
        }));
  }

  private Route show(Call call) {
    String name = name(call);
    return call.read(transaction ->
        draft
            .find(transaction, name)
            .map(found -> Answer.ok(found).withVersion(found.version()))
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private static String name(Call call) {
    String name = call.pathValue("name");
    if (!PolicyDocument.isName(name)) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
    return name;
  }

  /**
   * Any text may stand in the draft: whether it is a policy is found out before it is published.
   */
  private Route put(Call call) {
    String name = PolicyTexts.name("name", call.pathValue("name"));
    return bodies.json(
        PolicyBody.class,
        body -> {
          var document = new PolicyDocument(name, PolicyTexts.cedar("/cedar", body.cedar()));
          return call.change(change -> {
            change.lockOrganization(); // the version must still be so when it changes
            var before = draft.find(change, name);
            call.requireMatch(before.map(Policy::version));
            var kept = draft.put(change, document);
            var answer =
                before.isPresent() ? Answer.ok(kept) : Answer.created(PATH + "/" + name, kept);
            return answer.withVersion(kept.version());
          });
        });
  }

  private Route delete(Call call) {
    String name = name(call);
    return call.change(change -> {
      change.lockOrganization();
      var found =
          draft.find(change, name).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      call.requireMatch(found.version());
      draft.delete(change, found);
      return Answer.noContent();
    });
  }
}
