package io.redoubt.controlplane.iam;

import static io.redoubt.controlplane.operator.Permission.MEMBERS_MANAGE;
import static io.redoubt.controlplane.operator.Permission.MEMBERS_READ;

import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.http.Bodies;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/iam/members}. */
public final class MemberRoutes {
  private static final String PATH = "/api/v1/iam/members";

  private final Members members;
  private final Bodies bodies;

  public MemberRoutes(Members members, Bodies bodies) {
    this.members = members;
    this.bodies = bodies;
  }

  record NewMember(
      @Nullable String name, @Nullable String email, @Nullable List<@Nullable Role> roles) {}

  record Update(
      @Nullable String name, @Nullable String email, @Nullable List<@Nullable Role> roles) {}

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, MEMBERS_READ, this::list),
        Endpoint.post(PATH, MEMBERS_MANAGE, this::create),
        Endpoint.get(PATH + "/{id}", MEMBERS_READ, this::show),
        Endpoint.patch(PATH + "/{id}", MEMBERS_MANAGE, this::update),
        Endpoint.delete(PATH + "/{id}", MEMBERS_MANAGE, this::delete));
  }

  private Route list(Call call) {
    call.parameters("limit", "cursor");
    return PageOf.route(
        call,
        MemberId::parse,
        Member::id,
        (transaction, after, limit) -> members.list(transaction, after, limit));
  }

  private Route show(Call call) {
    var id = call.id("id", MemberId::parse);
    return call.read(transaction -> {
      var found =
          members.find(transaction, id).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      return Answer.ok(found).withVersion(found.version());
    });
  }

  private Route create(Call call) {
    return bodies.json(
        NewMember.class,
        body -> {
          new Checks()
              .title("/name", body.name())
              .email("/email", body.email())
              .require(
                  body.roles() == null || body.roles().stream().allMatch(Objects::nonNull),
                  "/roles",
                  "has no null entries")
              .done();
          return call.post(
              body,
              change -> {
                var member =
                    members.create(
                        change,
                        new Members.Draft(
                            Objects.requireNonNull(body.name()),
                            body.email(),
                            setOf(body.roles()).orElse(Set.of())));
                return Answer.created(PATH + "/" + member.id(), member)
                    .withVersion(member.version());
              });
        });
  }

  private Route update(Call call) {
    var id = call.id("id", MemberId::parse);
    return bodies.json(
        Update.class,
        body -> {
          var checks = new Checks().email("/email", body.email());
          if (body.name() != null) {
            checks.title("/name", body.name());
          }
          checks
              .require(
                  body.roles() == null || body.roles().stream().allMatch(Objects::nonNull),
                  "/roles",
                  "has no null entries")
              .done();
          return call.change(change -> {
            var found = active(change, id);
            call.requireMatch(found.version());
            var updated =
                members.update(
                    change,
                    found,
                    new Members.Draft(
                        Optional.ofNullable(body.name()).orElse(found.name()),
                        body.email() == null ? found.email() : body.email(),
                        setOf(body.roles()).orElseGet(() -> Set.copyOf(found.roles()))));
            return Answer.ok(updated).withVersion(updated.version());
          });
        });
  }

  private Route delete(Call call) {
    var id = call.id("id", MemberId::parse);
    return call.change(change -> {
      var found = active(change, id);
      call.requireMatch(found.version());
      members.delete(change, found);
      return Answer.noContent();
    });
  }

  /** The member as it stays until the change is done: what is held against it must still be so. */
  private Member active(Change change, MemberId id) {
    change.lockOrganization();
    return members
        .findActive(change, id)
        .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
  }

  private static Optional<Set<Role>> setOf(@Nullable List<@Nullable Role> roles) {
    if (roles == null) {
      return Optional.empty();
    }
    var set = EnumSet.noneOf(Role.class);
    roles.forEach(role -> set.add(Objects.requireNonNull(role)));
    return Optional.of(set);
  }
}
