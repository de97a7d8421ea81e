package io.redoubt.controlplane.iam;

import static io.redoubt.controlplane.operator.Permission.ORGANIZATIONS_MANAGE;
import static io.redoubt.controlplane.operator.Permission.ORG_MANAGE;
import static io.redoubt.controlplane.operator.Permission.ORG_READ;

import io.redoubt.controlplane.budget.BudgetTerms;
import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.http.Bodies;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.WorkingHours;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Disclosed;
import java.time.Clock;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/iam/organizations}, {@code /roles} and {@code /self}. */
public final class OrganizationRoutes {
  private static final String PATH = "/api/v1/iam/organizations";
  private static final int MAX_CONTROLS = 500;

  private final Organizations organizations;
  private final Members members;
  private final Clients clients;
  private final Bodies bodies;
  private final Clock clock;

  public OrganizationRoutes(
      Organizations organizations, Members members, Clients clients, Bodies bodies, Clock clock) {
    this.organizations = organizations;
    this.members = members;
    this.clients = clients;
    this.bodies = bodies;
    this.clock = clock;
  }

  record NewOrganization(@Nullable String name, @Nullable FirstOwner owner) {}

  record FirstOwner(@Nullable String name, @Nullable String email) {}

  record Created(
      Organization organization, Member owner, Client client, @Nullable Disclosed clientSecret) {}

  record Update(
      @Nullable String name,
      OrganizationSpec.@Nullable Payloads payloads,
      @Nullable Integer payloadRetentionDays,
      OrganizationSpec.@Nullable OfflineMode offlineMode,
      @Nullable Boolean failOpen,
      @Nullable String compensatingControls,
      @Nullable WorkingHoursBody workingHours,
      @Nullable BudgetTerms budget) {

    /** As they stand, unless something is said of them. */
    @Nullable WorkingHours workingHours(Organization found) {
      return workingHours == null ? found.workingHours() : workingHours.wanted();
    }

    /** As it stands, unless something is said of it. */
    Organization.@Nullable FailOpen failOpen(Organization found, Change change) {
      if (failOpen == null) {
        return found.failOpen();
      }
      return failOpen
          ? new Organization.FailOpen(
              nonNull(compensatingControls), change.operator().subject(), change.now())
          : null;
    }
  }

  record RoleBody(Role name, Set<Permission> permissions) {}

  private static final List<RoleBody> ROLES =
      Arrays.stream(Role.values())
          .map(role -> new RoleBody(role, sorted(role.permissions())))
          .toList();

  record Self(
      OrganizationId organizationId,
      String subject,
      @Nullable ClientId clientId,
      Set<Permission> permissions) {}

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/api/v1/iam/self", null, this::self),
        Endpoint.get("/api/v1/iam/roles", ORG_READ, this::roles),
        Endpoint.get(PATH, ORG_READ, this::list),
        Endpoint.post(PATH, ORGANIZATIONS_MANAGE, this::create),
        Endpoint.get(PATH + "/{id}", ORG_READ, this::show),
        Endpoint.patch(PATH + "/{id}", ORG_MANAGE, this::update));
  }

  private Route self(Call call) {
    var operator = call.operator();
    return Answer.ok(
            new Self(
                operator.organization(),
                operator.subject(),
                operator.client(),
                sorted(operator.permissions())))
        .route();
  }

  private Route roles(Call call) {
    return PageOf.ofAll(call, ROLES, it -> it.name().wire());
  }

  private static Set<Permission> sorted(Set<Permission> permissions) {
    var sorted = EnumSet.noneOf(Permission.class);
    sorted.addAll(permissions);
    return sorted;
  }

  /** The caller's own, after which nothing comes: others do not exist for it. */
  private Route list(Call call) {
    call.parameters("limit", "cursor");
    var own = call.operator().organization();
    return PageOf.route(
        call,
        OrganizationId::parse,
        Organization::id,
        (transaction, after, _) ->
            after.isPresent() ? List.of() : organizations.find(transaction, own).stream().toList());
  }

  private Route show(Call call) {
    var id = call.id("id", OrganizationId::parse);
    return call.read(transaction ->
        organizations
            .find(transaction, id)
            .map(found -> Answer.ok(found).withVersion(found.version()))
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private Route create(Call call) {
    return bodies.json(
        NewOrganization.class,
        body -> {
          var owner = Optional.ofNullable(body.owner()).orElse(new FirstOwner(null, null));
          new Checks()
              .title("/name", body.name())
              .title("/owner/name", owner.name())
              .email("/owner/email", owner.email())
              .done();
          return call.post(
              body,
              change -> {
                var id = OrganizationId.next(clock);
                change.audited("organization:create", id);
                return change.elsewhere(
                    id,
                    there -> {
                      var organization = organizations.create(there, nonNull(body.name()));
                      var member =
                          members.createFirstOwner(there, nonNull(owner.name()), owner.email());
                      var client = clients.createForMember(there, "first owner", member, false);
                      return Answer.created(
                              PATH + "/" + id,
                              new Created(
                                  organization,
                                  member,
                                  client.client(),
                                  Disclosed.of(client.secret().reveal())))
                          .repeatedAs(new Created(organization, member, client.client(), null));
                    });
              });
        });
  }

  private Route update(Call call) {
    var id = call.id("id", OrganizationId::parse);
    return bodies.json(
        Update.class,
        body -> {
          var checks = new Checks();
          if (body.name() != null) {
            checks.title("/name", body.name());
          }
          if (body.payloadRetentionDays() != null) {
            checks.require(
                body.payloadRetentionDays() >= 1 && body.payloadRetentionDays() <= 3650,
                "/payload_retention_days",
                "is 1 to 3650");
          }
          if (body.workingHours() != null) {
            body.workingHours().check(checks);
          }
          if (body.budget() != null) {
            body.budget().check(checks);
          }
          checks
              .require(
                  !Boolean.TRUE.equals(body.failOpen())
                      || (body.compensatingControls() != null
                          && !body.compensatingControls().isBlank()),
                  "/compensating_controls",
                  "are needed: what keeps agents in bounds while no policy does")
              .require(
                  body.compensatingControls() == null || Boolean.TRUE.equals(body.failOpen()),
                  "/compensating_controls",
                  "go with fail_open: true")
              .text("/compensating_controls", body.compensatingControls(), MAX_CONTROLS)
              .done();
          return call.change(change -> {
            if (!id.equals(change.organization())) {
              throw ProblemException.of(ErrorType.NOT_FOUND);
            }
            change.lockOrganization();
            var found =
                organizations
                    .find(change, id)
                    .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
            call.requireMatch(found.version());
            var updated =
                organizations.update(
                    change,
                    found,
                    new Organization(
                        id,
                        Optional.ofNullable(body.name()).orElse(found.name()),
                        Optional.ofNullable(body.payloads()).orElse(found.payloads()),
                        Optional.ofNullable(body.payloadRetentionDays())
                            .orElse(found.payloadRetentionDays()),
                        Optional.ofNullable(body.offlineMode()).orElse(found.offlineMode()),
                        body.failOpen(found, change),
                        body.workingHours(found),
                        Optional.ofNullable(body.budget()).orElse(found.budget()),
                        null,
                        found.version() + 1,
                        found.createdAt(),
                        change.now()));
            return Answer.ok(updated).withVersion(updated.version());
          });
        });
  }

  private static String nonNull(@Nullable String checked) {
    return Objects.requireNonNull(checked, "checked before");
  }
}
