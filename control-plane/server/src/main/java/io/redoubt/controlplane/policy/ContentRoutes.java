package io.redoubt.controlplane.policy;

import static io.redoubt.controlplane.operator.Permission.ORGANIZATIONS_MANAGE;
import static io.redoubt.controlplane.operator.Permission.POLICIES_MANAGE;
import static io.redoubt.controlplane.operator.Permission.POLICIES_READ;

import io.redoubt.content.ContentRules;
import io.redoubt.controlplane.agent.Agents;
import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.policy.DraftParts.Part;
import io.redoubt.http.Bodies;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.Problem;
import io.redoubt.protocol.problem.ProblemException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/content-policies}: what is done about what inspectors find, and which models may
 * be used, layer by layer. The platform's decides in every organization at once, as its floor does;
 * the others belong to the draft.
 */
public final class ContentRoutes {
  private static final String PATH = "/api/v1/content-policies";
  private static final String PLATFORM = PATH + '/' + ContentDocument.PLATFORM;
  private static final String EFFECTIVE = PATH + "/effective";
  private static final String ONE = PATH + "/{scope}";

  private final Policies policies;
  private final DraftParts<ContentPolicy> drafts;
  private final FloorRoutes floors;
  private final Agents agents;
  private final Bodies bodies;

  public ContentRoutes(Policies policies, FloorRoutes floors, Agents agents, Bodies bodies) {
    this.policies = policies;
    this.drafts = policies.contentPolicies;
    this.floors = floors;
    this.agents = agents;
    this.bodies = bodies;
  }

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, POLICIES_READ, this::list),
        Endpoint.get(EFFECTIVE, POLICIES_READ, this::effective),
        Endpoint.get(PLATFORM, POLICIES_READ, this::showPlatform),
        Endpoint.put(PLATFORM, ORGANIZATIONS_MANAGE, this::putPlatform),
        Endpoint.get(ONE, POLICIES_READ, this::show),
        Endpoint.put(ONE, POLICIES_MANAGE, this::put),
        Endpoint.delete(ONE, POLICIES_MANAGE, this::delete));
  }

  private Route list(Call call) {
    call.parameters("limit", "cursor");
    return Requests.page(page -> {
      String after = PageOf.after(page, ContentDocument::isScope);
      return call.read(transaction ->
          Answer.ok(
              PageOf.body(
                  drafts.all(transaction).stream()
                      .filter(it -> it.name().compareTo(after) > 0)
                      .limit(page.limit() + 1L)
                      .map(ContentEntry::of)
                      .toList(),
                  page.limit(),
                  ContentEntry::scope)));
    });
  }

  private Route show(Call call) {
    String scope = call.pathValue("scope");
    return call.read(transaction ->
        drafts
            .find(transaction, scope)
            .map(ContentRoutes::answer)
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private static Answer answer(Part<ContentPolicy> found) {
    return Answer.ok(ContentEntry.of(found)).withVersion(found.version());
  }

  private Route put(Call call) {
    String scope = call.pathValue("scope");
    return bodies.json(
        ContentBody.class,
        body -> {
          if (!ContentDocument.isScope(scope)) {
            throw ProblemException.invalid(
                "scope", "is organization, the id of an agent, or a label such as team=payments");
          }
          var policy = body.checked();
          var document = new ContentDocument(scope, policy);
          return call.change(change -> {
            change.lockOrganization(); // the version must still be so when it changes
            var before = drafts.find(change, scope);
            call.requireMatch(before.map(Part::version));
            requireAgent(change, document);
            requireSound(change, document);
            var kept = drafts.put(change, scope, policy);
            return before.isPresent()
                ? answer(kept)
                : Answer.created(PATH + "/" + segment(scope), ContentEntry.of(kept))
                    .withVersion(kept.version());
          });
        });
  }

  private void requireAgent(Change change, ContentDocument document) {
    if (document.agent().filter(it -> !agents.has(change, it)).isPresent()) {
      throw ProblemException.invalid("scope", "is not an agent of the organization");
    }
  }

  /** As it stands in an address. */
  private static String segment(String scope) {
    return URLEncoder.encode(scope, StandardCharsets.UTF_8).replace("+", "%20").replace("%3D", "=");
  }

  /** It could be published, as far as it is about this one. */
  private void requireSound(Change change, ContentDocument document) {
    var others =
        Stream.concat(
                policies.floors.standing(change).contentPolicy().stream(),
                policies.contentDocuments(change).stream())
            .filter(it -> !it.scope().equals(document.scope()));
    var documents = Stream.concat(others, Stream.of(document)).toList();
    requireSound(documents, document.scope());
  }

  private static void requireSound(List<ContentDocument> documents, String scope) {
    var problems = new ArrayList<>(ContentRules.overruled(documents));
    try {
      var _ = ContentRules.read(documents);
    } catch (ContentRules.RefusedException e) {
      problems.addAll(e.problems());
    }
    var own =
        problems.stream()
            .filter(it -> it.scope().equals(scope) || it.scope().equals(ContentRules.TOGETHER))
            .map(it -> new Problem.FieldError(it.pointer(), it.detail()))
            .toList();
    if (!own.isEmpty()) {
      throw ProblemException.invalid(own);
    }
  }

  private Route delete(Call call) {
    String scope = call.pathValue("scope");
    return call.change(change -> {
      change.lockOrganization();
      var found =
          drafts.find(change, scope).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      call.requireMatch(found.version());
      drafts.delete(change, scope);
      return Answer.noContent();
    });
  }

  private Route showPlatform(Call call) {
    return call.read(transaction -> {
      var standing = policies.floors.standing(transaction);
      return Answer.ok(ContentEntry.of(standing)).withVersion(standing.version());
    });
  }

  /** With the documents of the floor, which stay. */
  private Route putPlatform(Call call) {
    return bodies.json(
        ContentBody.class,
        body -> {
          var policy = body.checked();
          requireSound(
              List.of(new ContentDocument(ContentDocument.PLATFORM, policy)),
              ContentDocument.PLATFORM);
          return Replies.async(
              call.changed(Floors.Standing.class, change -> putPlatform(call, change, policy))
                  .thenCompose(_ -> floors.rolledOut())
                  .thenApply(it -> Answer.ok(it).withVersion(it.version()).route()));
        });
  }

  private Floors.Standing putPlatform(Call call, Change change, ContentPolicy policy) {
    policies.floors.lock(change);
    var standing = policies.floors.standing(change);
    call.requireMatch(standing.version());
    return policies.floors.put(
        change, standing.documents(), policy.equals(ContentPolicy.EMPTY) ? null : policy);
  }

  /** By what is published, or by the draft. */
  private Route effective(Call call) {
    var parameters = call.parameters("agent_id", "draft");
    var agent = parameters.id("agent_id", AgentId::parse);
    boolean draft = parameters.flag("draft");
    return call.read(transaction -> Answer.ok(effective(transaction, agent, draft)));
  }

  private EffectiveContent effective(
      Transaction transaction, Optional<AgentId> agent, boolean draft) {
    var bundles = policies.bundles();
    @Nullable Long version =
        draft ? null : bundles.newest(transaction).map(Publication::version).orElse(null);
    var content =
        version == null
            ? policies.content(transaction)
            : bundles.content(transaction, version).orElseThrow();
    var spec = agent.map(it -> agents.spec(transaction, it)).orElse(null);
    try {
      return EffectiveContent.of(
          version, ContentRules.read(content.contentPolicies()), agent.orElse(null), spec);
    } catch (ContentRules.RefusedException e) {
      throw ProblemException.invalid(
          e.problems().stream()
              .map(it ->
                  new Problem.FieldError(
                      "/content_policies/" + it.scope() + it.pointer(), it.detail()))
              .toList());
    }
  }
}
