package io.redoubt.controlplane.policy;

import static io.redoubt.controlplane.operator.Permission.POLICIES_MANAGE;
import static io.redoubt.controlplane.operator.Permission.POLICIES_READ;

import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.controlplane.policy.DraftParts.Part;
import io.redoubt.http.Bodies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.List;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * {@code /api/v1/approval-workflows}: who is asked where policies want an approval; of the draft.
 */
public final class WorkflowRoutes {
  private static final String PATH = "/api/v1/approval-workflows";
  private static final String ONE = PATH + "/{name}";

  private final DraftParts<ApprovalWorkflow> workflows;
  private final Bodies bodies;

  public WorkflowRoutes(Policies policies, Bodies bodies) {
    this.workflows = policies.workflows;
    this.bodies = bodies;
  }

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
        call.read(transaction ->
            Answer.ok(
                PageOf.body(
                    workflows.all(transaction).stream()
                        .filter(it -> it.name().compareTo(page.cursor().orElse("")) > 0)
                        .limit(page.limit() + 1L)
                        .map(WorkflowEntry::of)
                        .toList(),
                    page.limit(),
                    it -> it.workflow().name()))));
  }

  private Route show(Call call) {
    String name = call.pathValue("name");
    return call.read(transaction ->
        workflows
            .find(transaction, name)
            .map(WorkflowRoutes::answer)
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private static Answer answer(Part<ApprovalWorkflow> found) {
    return Answer.ok(WorkflowEntry.of(found)).withVersion(found.version());
  }

  private Route put(Call call) {
    String name = call.pathValue("name");
    return bodies.json(
        WorkflowBody.class,
        body -> {
          var workflow = body.checked(name);
          return call.change(change -> {
            change.lockOrganization(); // the version must still be so when it changes
            var before = workflows.find(change, name);
            call.requireMatch(before.map(Part::version));
            var kept = workflows.put(change, name, workflow);
            return before.isPresent()
                ? answer(kept)
                : Answer.created(PATH + "/" + name, WorkflowEntry.of(kept))
                    .withVersion(kept.version());
          });
        });
  }

  private Route delete(Call call) {
    String name = call.pathValue("name");
    return call.change(change -> {
      change.lockOrganization();
      var found =
          workflows.find(change, name).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      call.requireMatch(found.version());
      workflows.delete(change, name);
      return Answer.noContent();
    });
  }
}
