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
import io.redoubt.protocol.policy.Canary;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Clock;
import java.util.List;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /api/v1/canaries}: requests whose verdict a publication must give, of the draft. */
public final class CanaryRoutes {
  private static final String PATH = "/api/v1/canaries";
  private static final String ONE = PATH + "/{name}";

  private final DraftParts<Canary> canaries;
  private final Bodies bodies;
  private final Clock clock;

  public CanaryRoutes(Policies policies, Bodies bodies, Clock clock) {
    this.canaries = policies.canaries;
    this.bodies = bodies;
    this.clock = clock;
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
                    canaries.all(transaction).stream()
                        .filter(it -> it.name().compareTo(page.cursor().orElse("")) > 0)
                        .limit(page.limit() + 1L)
                        .map(CanaryEntry::of)
                        .toList(),
                    page.limit(),
                    it -> it.canary().name()))));
  }

  private Route show(Call call) {
    String name = call.pathValue("name");
    return call.read(transaction ->
        canaries
            .find(transaction, name)
            .map(CanaryRoutes::answer)
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private static Answer answer(Part<Canary> found) {
    return Answer.ok(CanaryEntry.of(found)).withVersion(found.version());
  }

  private Route put(Call call) {
    String name = call.pathValue("name");
    return bodies.json(
        CanaryBody.class,
        body -> {
          var canary = body.checked(name, clock.instant());
          return call.change(change -> {
            change.lockOrganization(); // the version must still be so when it changes
            var before = canaries.find(change, name);
            call.requireMatch(before.map(Part::version));
            var kept = canaries.put(change, name, canary);
            return before.isPresent()
                ? answer(kept)
                : Answer.created(PATH + "/" + name, CanaryEntry.of(kept))
                    .withVersion(kept.version());
          });
        });
  }

  private Route delete(Call call) {
    String name = call.pathValue("name");
    return call.change(change -> {
      change.lockOrganization();
      var found =
          canaries.find(change, name).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      call.requireMatch(found.version());
      canaries.delete(change, name);
      return Answer.noContent();
    });
  }
}
