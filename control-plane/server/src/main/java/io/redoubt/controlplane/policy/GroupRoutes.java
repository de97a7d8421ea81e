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
import io.redoubt.protocol.approval.ApproverGroup;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.List;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * {@code /api/v1/groups}: members and clients under one name, whom tiers of workflows ask; of the
 * draft.
 */
public final class GroupRoutes {
  private static final String PATH = "/api/v1/groups";
  private static final String ONE = PATH + "/{name}";

  private final DraftParts<ApproverGroup> groups;
  private final Bodies bodies;

  public GroupRoutes(Policies policies, Bodies bodies) {
    this.groups = policies.groups;
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
                    groups.all(transaction).stream()
                        .filter(it -> it.name().compareTo(page.cursor().orElse("")) > 0)
                        .limit(page.limit() + 1L)
                        .map(GroupEntry::of)
                        .toList(),
                    page.limit(),
                    it -> it.group().name()))));
  }

  private Route show(Call call) {
    String name = call.pathValue("name");
    return call.read(transaction ->
        groups
            .find(transaction, name)
            .map(GroupRoutes::answer)
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private static Answer answer(Part<ApproverGroup> found) {
    return Answer.ok(GroupEntry.of(found)).withVersion(found.version());
  }

  private Route put(Call call) {
    String name = call.pathValue("name");
    return bodies.json(
        GroupBody.class,
        body -> {
          var checked = body.checked(name);
          return call.change(change -> {
            change.lockOrganization(); // the version must still be so when it changes
            var before = groups.find(change, name);
            call.requireMatch(before.map(Part::version));
            var group = checked.group(name, Approvers.standing(change));
            var kept = groups.put(change, name, group);
            return before.isPresent()
                ? answer(kept)
                : Answer.created(PATH + "/" + name, GroupEntry.of(kept))
                    .withVersion(kept.version());
          });
        });
  }

  private Route delete(Call call) {
    String name = call.pathValue("name");
    return call.change(change -> {
      change.lockOrganization();
      var found =
          groups.find(change, name).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      call.requireMatch(found.version());
      groups.delete(change, name);
      return Answer.noContent();
    });
  }
}
