package io.redoubt.controlplane.upstream;

import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Secret;
import java.util.List;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of one kind of upstream: a list, and each by its name, changed only in the version
 * that whoever changes it has seen.
 */
public final class UpstreamRoutes<U extends Upstream> {
  private final String path;
  private final Permission read;
  private final Permission manage;
  private final Upstreams<U> upstreams;

  public UpstreamRoutes(String path, Permission read, Permission manage, Upstreams<U> upstreams) {
    this.path = path;
    this.read = read;
    this.manage = manage;
    this.upstreams = upstreams;
  }

  /** Keeps what was checked before. */
  @FunctionalInterface
  public interface Keeping<U> {
    /** What stands there then; {@code sealedSecret} is null where it has none. */
    U put(Change change, byte @Nullable [] sealedSecret);
  }

  /**
   * All of them.
   *
   * @param put reads what a caller sends, and goes on with {@link #put}
   */
  public List<Endpoint> endpoints(Function<Call, Route> put) {
    String one = path + "/{name}";
    return List.of(
        Endpoint.get(path, read, this::list),
        Endpoint.get(one, read, this::show),
        Endpoint.put(one, manage, put),
        Endpoint.delete(one, manage, this::delete));
  }

  private Route list(Call call) {
    call.parameters("limit", "cursor");
    return Requests.page(page -> {
      String after = PageOf.after(page, UpstreamChecks::isName);
      return call.read(transaction ->
          Answer.ok(
              PageOf.body(
                  upstreams.list(transaction, after, page.limit() + 1),
                  page.limit(),
                  Upstream::name)));
    });
  }

  private Route show(Call call) {
    String name = name(call);
    return call.read(transaction ->
        upstreams
            .find(transaction, name)
            .map(found -> Answer.ok(found).withVersion(found.version()))
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private static String name(Call call) {
    String name = call.pathValue("name");
    if (!UpstreamChecks.isName(name)) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
    return name;
  }

  /** Seals the secret of one that was checked, and keeps it. */
  public Route put(Call call, String name, @Nullable Secret secret, Keeping<U> keeping) {
    return secret == null
        ? put(call, name, (byte[]) null, keeping)
        : Replies.async(
            upstreams
                .seal(call.operator().organization(), name, secret)
                .thenApply(sealed -> put(call, name, sealed, keeping)));
  }

  private Route put(Call call, String name, byte @Nullable [] sealed, Keeping<U> keeping) {
    return call.change(change -> {
      change
          .lockOrganization(); // what is held against the version must still be so when it changes
      var before = upstreams.find(change, name);
      call.requireMatch(before.map(Upstream::version));
      var kept = keeping.put(change, sealed);
      var answer =
          before.isPresent() ? Answer.ok(kept) : Answer.created(path + "/" + kept.name(), kept);
      return answer.withVersion(kept.version());
    });
  }

  private Route delete(Call call) {
    String name = name(call);
    return call.change(change -> {
      change.lockOrganization();
      var found =
          upstreams.find(change, name).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      call.requireMatch(found.version());
      upstreams.delete(change, found);
      return Answer.noContent();
    });
  }
}
