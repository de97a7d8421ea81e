package io.redoubt.controlplane.agent;

import static io.redoubt.controlplane.operator.Permission.AGENTS_MANAGE;
import static io.redoubt.controlplane.operator.Permission.AGENTS_READ;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.Nothing;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.controlplane.operator.Parameters;
import io.redoubt.http.Bodies;
import io.redoubt.http.Replies;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Disclosed;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/agents}. */
public final class AgentRoutes {
  private static final String PATH = "/api/v1/agents";
  private static final String ONE = PATH + "/{id}";
  private static final int MAX_ISOLATIONS = 100;

  private final Agents agents;
  private final Lifecycle lifecycle;
  private final Bodies bodies;

  public AgentRoutes(Agents agents, Lifecycle lifecycle, Bodies bodies) {
    this.agents = agents;
    this.lifecycle = lifecycle;
    this.bodies = bodies;
  }

  record WithToken(Agent agent, @Nullable Disclosed bootstrapToken, Instant bootstrapExpiresAt) {}

  record Reason(@Nullable String reason) {}

  record RevokeTokenBody(@Nullable String jti, @Nullable String reason) {}

  record ReleaseBody(@Nullable String reason, @Nullable List<@Nullable IsolationId> isolationIds) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Pending(boolean pending, @Nullable IsolationId isolationId) {}

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, AGENTS_READ, this::list),
        Endpoint.post(PATH, AGENTS_MANAGE, this::create),
        Endpoint.get(ONE, AGENTS_READ, this::show),
        Endpoint.patch(ONE, AGENTS_MANAGE, this::update),
        Endpoint.delete(ONE, AGENTS_MANAGE, this::delete),
        Endpoint.post(ONE + "/bootstrap-token", AGENTS_MANAGE, this::offerBootstrap),
        Endpoint.post(ONE + "/isolate", AGENTS_MANAGE, this::isolate),
        Endpoint.post(ONE + "/release", AGENTS_MANAGE, this::release),
        Endpoint.post(ONE + "/revoke", AGENTS_MANAGE, this::revoke),
        Endpoint.post(ONE + "/revoke-token", AGENTS_MANAGE, this::revokeToken));
  }

  private Route list(Call call) {
    var parameters =
        call.parameters("name", "status", "label", "include_deleted", "limit", "cursor");
    var filter =
        new AgentStore.Filter(
            parameters.text("name"),
            parameters.oneOf("status", AgentStatus.values(), AgentStatus::wire),
            label(parameters),
            parameters.flag("include_deleted"));
    return PageOf.route(
        call,
        AgentId::parse,
        Agent::id,
        (transaction, after, limit) -> agents.list(transaction, filter, after, limit));
  }

  /** {@code label=name:value}. */
  private static Map<String, String> label(Parameters parameters) {
    return parameters
        .text("label")
        .map(text -> {
          int colon = text.indexOf(':');
          if (colon < 1) {
            throw ProblemException.invalid("label", "is written name:value");
          }
          return Map.of(text.substring(0, colon), text.substring(colon + 1));
        })
        .orElse(Map.of());
  }

  private Route show(Call call) {
    var id = call.id("id", AgentId::parse);
    return call.read(transaction -> {
      var agent = agents.find(transaction, id);
      return Answer.ok(agent).withVersion(agent.version());
    });
  }

  private Route create(Call call) {
    return bodies.json(
        AgentBody.class,
        body -> {
          var checks = new Checks();
          body.check(checks, true);
          checks.done();
          return call.post(
              body,
              change -> {
                var offer = agents.create(change, body);
                return Answer.created(PATH + "/" + offer.agent().id(), shown(offer))
                    .repeatedAs(unshown(offer))
                    .withVersion(offer.agent().version());
              });
        });
  }

  private Route update(Call call) {
    var id = call.id("id", AgentId::parse);
    return bodies.json(
        AgentBody.class,
        body -> {
          var checks = new Checks();
          body.check(checks, false);
          checks.done();
          return call.change(change -> {
            var before = agents.findLiving(change, id);
            call.requireMatch(before.version());
            var after = agents.update(change, before, body);
            return Answer.ok(after).withVersion(after.version());
          });
        });
  }

  private Route offerBootstrap(Call call) {
    var id = call.id("id", AgentId::parse);
    return bodies.optionalJson(
        Nothing.class,
        _ ->
            call.post(
                Map.of(),
                change -> {
                  var offer = agents.offerAnew(change, agents.findLiving(change, id));
                  return Answer.of(201, shown(offer)).repeatedAs(unshown(offer));
                }));
  }

  private static WithToken shown(Agents.Offer offer) {
    return new WithToken(offer.agent(), Disclosed.of(offer.token().reveal()), offer.expiresAt());
  }

  private static WithToken unshown(Agents.Offer offer) {
    return new WithToken(offer.agent(), null, offer.expiresAt());
  }

  private Route isolate(Call call) {
    var id = call.id("id", AgentId::parse);
    return reasoned(
        call, (change, reason) -> lifecycle.isolate(change, agents.findLiving(change, id), reason));
  }

  private Route revoke(Call call) {
    var id = call.id("id", AgentId::parse);
    return reasoned(
        call, (change, reason) -> lifecycle.revoke(change, agents.findLiving(change, id), reason));
  }

  private Route revokeToken(Call call) {
    var id = call.id("id", AgentId::parse);
    return bodies.json(
        RevokeTokenBody.class,
        body -> {
          new Checks()
              .reason(body.reason())
              .require(
                  AccessClaims.isJti(body.jti()), "/jti", "is the jti claim of an access token")
              .done();
          String reason = Objects.requireNonNull(body.reason(), "checked before");
          String jti = Objects.requireNonNull(body.jti(), "checked before");
          return answer(
              call,
              call.posted(
                  Order.class,
                  body,
                  change ->
                      lifecycle.revokeToken(change, agents.findLiving(change, id), jti, reason)));
        });
  }

  /** Gives an order for a reason. */
  private interface Reasoned {
    Order order(Change change, String reason);
  }

  private Route reasoned(Call call, Reasoned work) {
    return bodies.json(
        Reason.class,
        body -> {
          new Checks().reason(body.reason()).done();
          String reason = Objects.requireNonNull(body.reason(), "checked before");
          return answer(call, call.posted(Order.class, body, change -> work.order(change, reason)));
        });
  }

  private Route release(Call call) {
    var id = call.id("id", AgentId::parse);
    return bodies.json(
        ReleaseBody.class,
        body -> {
          var named = named(body.isolationIds());
          new Checks().reason(body.reason()).done();
          String reason = Objects.requireNonNull(body.reason(), "checked before");
          return answer(
              call,
              call.posted(
                  Order.class,
                  body,
                  change ->
                      lifecycle.release(change, agents.findLiving(change, id), named, reason)));
        });
  }

  private static Optional<Set<IsolationId>> named(@Nullable List<@Nullable IsolationId> ids) {
    if (ids == null) {
      return Optional.empty();
    }
    if (ids.isEmpty() || ids.size() > MAX_ISOLATIONS || ids.stream().anyMatch(Objects::isNull)) {
      throw ProblemException.invalid("/isolation_ids", "are 1 to 100, or left out");
    }
    var set = new LinkedHashSet<IsolationId>();
    ids.forEach(id -> set.add(Objects.requireNonNull(id)));
    return Optional.of(set);
  }

  /** Deleting what is deleted asks once more for the proof. */
  private Route delete(Call call) {
    var id = call.id("id", AgentId::parse);
    return answer(
        call,
        call.changed(
            Order.class,
            change -> {
              var agent = agents.findLocked(change, id);
              if (agent.deletedAt() != null) {
                return lifecycle.decommissionOf(change, agent).orElseThrow();
              }
              call.requireMatch(agent.version());
              agents.bury(change, agent);
              return lifecycle.decommission(change, agent);
            }));
  }

  private Route answer(Call call, CompletionStage<Order> ordered) {
    return Replies.async(
        ordered.thenCompose(order ->
            lifecycle
                .proofOf(call.operator().organization(), order)
                .thenApply(proof ->
                    proof
                        .map(Answer::ok)
                        .orElseGet(() -> Answer.of(202, new Pending(true, order.isolationId())))
                        .route())));
  }
}
