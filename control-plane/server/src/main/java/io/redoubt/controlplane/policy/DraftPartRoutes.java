package io.redoubt.controlplane.policy;

import static io.redoubt.controlplane.operator.Permission.POLICIES_MANAGE;
import static io.redoubt.controlplane.operator.Permission.POLICIES_READ;

import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.controlplane.policy.DraftParts.Part;
import io.redoubt.http.Bodies;
import io.redoubt.http.ListBody;
import io.redoubt.http.Requests;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.List;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * The endpoints of one kind of document of the draft: a list, and each by its name, changed only in
 * the version that whoever changes it has seen.
 *
 * @param <B> what a caller sends
 * @param <T> the document
 */
final class DraftPartRoutes<B, T> {
  private final String path;
  private final DraftParts<T> parts;
  private final Bodies bodies;
  private final Class<B> bodyType;
  private final Reading<B, T> reading;
  private final Function<Part<T>, Object> entry;

  /** Makes a document of what a caller sends. */
  @FunctionalInterface
  interface Reading<B, T> {
    /**
     * Fails with 422 before anything is asked of the database; what is answered may fail likewise
     * for what stands there.
     */
    Function<Change, T> checked(B body, String name);
  }

  /**
   * At a path.
   *
   * @param entry how callers see a document
   */
  DraftPartRoutes(
      String path,
      DraftParts<T> parts,
      Bodies bodies,
      Class<B> bodyType,
      Reading<B, T> reading,
      Function<Part<T>, Object> entry) {
    this.path = path;
    this.parts = parts;
    this.bodies = bodies;
    this.bodyType = bodyType;
    this.reading = reading;
    this.entry = entry;
  }

  List<Endpoint> endpoints() {
    String one = path + "/{name}";
    return List.of(
        Endpoint.get(path, POLICIES_READ, this::list),
        Endpoint.get(one, POLICIES_READ, this::show),
        Endpoint.put(one, POLICIES_MANAGE, this::put),
        Endpoint.delete(one, POLICIES_MANAGE, this::delete));
  }

  private Route list(Call call) {
    call.parameters("limit", "cursor");
    return Requests.page(page -> {
      String after = PageOf.after(page, PolicyDocument::isName);
      return call.read(transaction -> {
        var found =
            PageOf.body(
                parts.all(transaction).stream()
                    .filter(it -> it.name().compareTo(after) > 0)
                    .limit(page.limit() + 1L)
                    .toList(),
                page.limit(),
                Part::name);
        return Answer.ok(
            new ListBody<>(found.items().stream().map(entry).toList(), found.nextCursor()));
      });
    });
  }

  private Route show(Call call) {
    String name = call.pathValue("name");
    return call.read(transaction ->
        parts
            .find(transaction, name)
            .map(this::answer)
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private Answer answer(Part<T> found) {
    return Answer.ok(entry.apply(found)).withVersion(found.version());
  }

  private Route put(Call call) {
    String name = call.pathValue("name");
    return bodies.json(
        bodyType,
        body -> {
          var document = reading.checked(body, name);
          return call.change(change -> {
            change.lockOrganization(); // the version must still be so when it changes
            var before = parts.find(change, name);
            call.requireMatch(before.map(Part::version));
            var kept = parts.put(change, name, document.apply(change));
            return before.isPresent()
                ? answer(kept)
                : Answer.created(path + "/" + name, entry.apply(kept)).withVersion(kept.version());
          });
        });
  }

  private Route delete(Call call) {
    String name = call.pathValue("name");
    return call.change(change -> {
      change.lockOrganization();
      var found =
          parts.find(change, name).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      call.requireMatch(found.version());
      parts.delete(change, name);
      return Answer.noContent();
    });
  }
}
