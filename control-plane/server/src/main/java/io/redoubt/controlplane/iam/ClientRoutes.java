package io.redoubt.controlplane.iam;

import static io.redoubt.controlplane.operator.Permission.CLIENTS_MANAGE;
import static io.redoubt.controlplane.operator.Permission.CLIENTS_READ;

import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.Nothing;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.http.Bodies;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Disclosed;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/iam/clients}. */
public final class ClientRoutes {
  private static final String PATH = "/api/v1/iam/clients";

  private final Clients clients;
  private final Members members;
  private final Bodies bodies;

  public ClientRoutes(Clients clients, Members members, Bodies bodies) {
    this.clients = clients;
    this.members = members;
    this.bodies = bodies;
  }

  record NewClient(
      @Nullable String name,
      @Nullable MemberId memberId,
      @Nullable List<@Nullable Role> roles,
      @Nullable List<@Nullable String> permissions,
      @Nullable Boolean breakGlass) {}

  record WithSecret(Client client, @Nullable Disclosed clientSecret) {}

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, CLIENTS_READ, this::list),
        Endpoint.post(PATH, CLIENTS_MANAGE, this::create),
        Endpoint.get(PATH + "/{id}", CLIENTS_READ, this::show),
        Endpoint.delete(PATH + "/{id}", CLIENTS_MANAGE, this::delete),
        Endpoint.post(PATH + "/{id}/rotate-secret", CLIENTS_MANAGE, this::rotate));
  }

  private Route list(Call call) {
    call.parameters("limit", "cursor");
    return PageOf.route(
        call,
        ClientId::parse,
        Client::id,
        (transaction, after, limit) -> clients.list(transaction, after, limit));
  }

  private Route show(Call call) {
    var id = call.id("id", ClientId::parse);
    return call.read(transaction ->
        clients
            .find(transaction, id)
            .map(Answer::ok)
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private Route create(Call call) {
    return bodies.json(
        NewClient.class,
        body -> {
          var checks = new Checks().title("/name", body.name());
          var permissions = permissions(checks, body.permissions());
          var roles = roles(checks, body.roles());
          checks
              .require(
                  body.memberId() != null || !permissions.isEmpty() || !roles.isEmpty(),
                  "/roles",
                  "or permissions are needed for a client that acts for no member")
              .done();
          boolean breakGlass = Boolean.TRUE.equals(body.breakGlass());
          return call.post(
              body,
              change -> {
                if (breakGlass && !call.operator().may(Permission.ORG_MANAGE)) {
                  throw ProblemException.of(
                      ErrorType.PERMISSION_MISSING, "A break-glass client needs org:manage.");
                }
                var created =
                    clients.create(
                        change,
                        new Clients.Draft(
                            Objects.requireNonNull(body.name()),
                            body.memberId() == null ? null : member(change, body.memberId()),
                            roles,
                            permissions,
                            breakGlass));
                return Answer.created(
                        PATH + "/" + created.client().id(),
                        new WithSecret(created.client(), Disclosed.of(created.secret().reveal())))
                    .repeatedAs(new WithSecret(created.client(), null));
              });
        });
  }

  private Member member(Change change, MemberId id) {
    return members
        .findActive(change, id)
        .orElseThrow(() -> ProblemException.invalid("/member_id", "is not a member"));
  }

  private static Set<Permission> permissions(
      Checks checks, @Nullable List<@Nullable String> texts) {
    var all = EnumSet.noneOf(Permission.class);
    if (texts != null) {
      for (int i = 0; i < texts.size(); i++) {
        @Nullable String text = texts.get(i);
        var expanded = text == null ? Set.<Permission>of() : Permission.expand(text);
        checks.require(!expanded.isEmpty(), "/permissions/" + i, "is not a permission");
        all.addAll(expanded);
      }
    }
    return all;
  }

  private static Set<Role> roles(Checks checks, @Nullable List<@Nullable Role> roles) {
    var all = EnumSet.noneOf(Role.class);
    if (roles != null) {
      checks.require(roles.stream().allMatch(Objects::nonNull), "/roles", "has no null entries");
      roles.stream().filter(Objects::nonNull).forEach(all::add);
    }
    return all;
  }

  private Route rotate(Call call) {
    var id = call.id("id", ClientId::parse);
    return bodies.optionalJson(
        Nothing.class,
        _ ->
            call.post(
                Map.of(),
                change -> {
                  var rotated = clients.rotate(change, standing(change, id));
                  return Answer.ok(
                          new WithSecret(rotated.client(), Disclosed.of(rotated.secret().reveal())))
                      .repeatedAs(new WithSecret(rotated.client(), null));
                }));
  }

  private Route delete(Call call) {
    var id = call.id("id", ClientId::parse);
    return call.change(change -> {
      clients.delete(change, standing(change, id));
      return Answer.noContent();
    });
  }

  private Client standing(Change change, ClientId id) {
    return clients
        .find(change, id)
        .filter(client -> client.deletedAt() == null)
        .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
  }
}
