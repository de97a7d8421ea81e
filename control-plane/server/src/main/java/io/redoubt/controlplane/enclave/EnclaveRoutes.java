package io.redoubt.controlplane.enclave;

import static io.redoubt.controlplane.operator.Permission.ENCLAVES_MANAGE;
import static io.redoubt.controlplane.operator.Permission.ENCLAVES_READ;
import static io.redoubt.controlplane.operator.Permission.ORGANIZATIONS_MANAGE;

import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.Nothing;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.http.Bodies;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Disclosed;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/enclaves}. */
public final class EnclaveRoutes {
  private static final String PATH = "/api/v1/enclaves";

  private final Enclaves enclaves;
  private final Farewell farewell;
  private final Bodies bodies;
  private final Clock clock;

  public EnclaveRoutes(Enclaves enclaves, Farewell farewell, Bodies bodies, Clock clock) {
    this.enclaves = enclaves;
    this.farewell = farewell;
    this.bodies = bodies;
    this.clock = clock;
  }

  record NewEnclave(@Nullable String name) {}

  record WithKey(Enclave enclave, @Nullable Disclosed apiKey) {}

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, ENCLAVES_READ, this::list),
        Endpoint.post(PATH, ENCLAVES_MANAGE, this::create),
        Endpoint.get(PATH + "/{id}", ENCLAVES_READ, this::show),
        Endpoint.delete(PATH + "/{id}", ENCLAVES_MANAGE, this::delete),
        Endpoint.post(PATH + "/{id}/rotate-key", ENCLAVES_MANAGE, this::rotateKey),
        Endpoint.put(
            PATH + "/{id}/organizations/{organization_id}", ORGANIZATIONS_MANAGE, this::serve));
  }

  private Route list(Call call) {
    call.parameters("limit", "cursor");
    return PageOf.route(
        call,
        EnclaveId::parse,
        Enclave::id,
        (transaction, after, limit) -> enclaves.list(transaction, clock.instant(), after, limit));
  }

  private Route show(Call call) {
    var id = call.id("id", EnclaveId::parse);
    return call.read(transaction ->
        enclaves
            .find(transaction, clock.instant(), id)
            .map(Answer::ok)
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private Route create(Call call) {
    return bodies.json(
        NewEnclave.class,
        body -> {
          new Checks().handle("/name", body.name()).done();
          return call.post(
              body,
              change -> {
                var created =
                    enclaves.create(change, Objects.requireNonNull(body.name(), "checked before"));
                return Answer.created(
                        PATH + "/" + created.enclave().id(),
                        new WithKey(created.enclave(), Disclosed.of(created.apiKey().reveal())))
                    .repeatedAs(new WithKey(created.enclave(), null));
              });
        });
  }

  private Route delete(Call call) {
    var id = call.id("id", EnclaveId::parse);
    return call.change(change -> {
      enclaves.delete(change, id);
      farewell.said(change, id);
      return Answer.noContent();
    });
  }

  private Route rotateKey(Call call) {
    var id = call.id("id", EnclaveId::parse);
    return bodies.optionalJson(
        Nothing.class,
        _ ->
            call.post(
                Map.of(),
                change -> {
                  var rotated = enclaves.rotateKey(change, id);
                  return Answer.ok(
                          new WithKey(rotated.enclave(), Disclosed.of(rotated.apiKey().reveal())))
                      .repeatedAs(new WithKey(rotated.enclave(), null));
                }));
  }

  /** Lets one of the platform's own enclaves serve another organization. */
  private Route serve(Call call) {
    var id = call.id("id", EnclaveId::parse);
    var organization = call.id("organization_id", OrganizationId::parse);
    return bodies.optionalJson(
        Nothing.class,
        _ ->
            call.change(change -> {
              enclaves.serve(change, id, organization);
              return Answer.noContent();
            }));
  }
}
