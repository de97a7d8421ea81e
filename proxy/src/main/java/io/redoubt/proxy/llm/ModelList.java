package io.redoubt.proxy.llm;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.agent.Agent;
import io.redoubt.agent.Outlook;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Requests;
import io.redoubt.link.Freshness.Standing;
import io.redoubt.policy.PolicyResource;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.link.ProviderSpec.Kind;
import io.redoubt.proxy.authenticate.AuthenticatedAgent;
import io.redoubt.proxy.authenticate.Authentication;
import io.redoubt.proxy.authenticate.Authenticator;
import io.redoubt.proxy.decide.Causes;
import io.redoubt.proxy.decide.Marks;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.llm.UpstreamModels.Model;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * The models that an agent may use, of all providers together, in the shape that the caller's SDK
 * expects: Anthropic's where it names an {@code anthropic-version}, OpenAI's otherwise.
 */
final class ModelList {
  private static final String OPERATION = "llm:list-models";

  private record AnthropicList(
      List<AnthropicModel> data,
      boolean hasMore,
      @Nullable String firstId,
      @Nullable String lastId) {}

  private record AnthropicModel(String type, String id, String displayName, String createdAt) {}

  @JsonInclude(JsonInclude.Include.ALWAYS)
  private record OpenAiList(String object, List<OpenAiModel> data) {}

  private record OpenAiModel(String id, String object, long created, String ownedBy) {}

  /** A model, and whose it is. */
  private record Offered(Model model, String provider) {}

  /** How it is answered that the agent may use these. */
  @FunctionalInterface
  private interface View {
    HttpResponse of(Kind style, ActionId action, List<Offered> models);
  }

  /** Who wants to use a model. */
  private final class Use {
    private final AuthenticatedAgent agent;
    private final AgentSpec spec;
    private final Outlook outlook;

    Use(AuthenticatedAgent agent, AgentSpec spec) {
      this.agent = agent;
      this.spec = spec;
      this.outlook = new Outlook(agent.key(), ports.policies(), clock);
    }

    boolean allows(ProviderSpec provider, Model model) {
      return spec.models().permits(model.id())
          && outlook.mayUse(
              spec, new PolicyResource.Model(provider.name(), model.id()), agent.source());
    }
  }

  private final NodeIdentity node;
  private final EdgeConfig edge;
  private final Authenticator authenticator;
  private final LlmPorts ports;
  private final UpstreamModels upstream;
  private final InstantSource clock;

  ModelList(
      NodeIdentity node,
      EdgeConfig edge,
      Authenticator authenticator,
      LlmPorts ports,
      UpstreamModels upstream,
      InstantSource clock) {
    this.node = node;
    this.edge = edge;
    this.authenticator = authenticator;
    this.ports = ports;
    this.upstream = upstream;
    this.clock = clock;
  }

  CompletionStage<HttpResponse> list(HttpRequest request) {
    return answer(
        request,
        (style, action, models) ->
            response(action, style == Kind.ANTHROPIC ? anthropic(models) : openAi(models)));
  }

  /** One of them, by its name; one that the agent may not use is missing like any other. */
  CompletionStage<HttpResponse> one(HttpRequest request, String id) {
    return answer(
        request,
        (style, action, models) ->
            models.stream()
                .filter(offered -> offered.model.id().equals(id))
                .findFirst()
                .map(found ->
                    response(action, style == Kind.ANTHROPIC ? anthropic(found) : openAi(found)))
                // Permitted, as its record says: there is no such model to be shown.
                .orElseGet(
                    () -> Refusals.response(style, Refusal.MODEL_NOT_FOUND, Marks.PERMIT, action)));
  }

  private CompletionStage<HttpResponse> answer(HttpRequest request, View view) {
    var action = ActionId.next(clock);
    var style = style(request);
    if (!ports.lease().held()) {
      return CompletableFuture.completedFuture(
          Refusals.response(style, Refusal.OUT_OF_SERVICE, Marks.DENY, action));
    }
    return authenticator
        .authenticate(request, Requests.source(edge, request))
        .thenCompose(who ->
            switch (who) {
              case AuthenticatedAgent agent -> answer(request, action, style, agent, view);
              case Authentication.Refused refused -> turnAway(request, action, refused);
            })
        .exceptionally(failure -> refuse(style, action, failure));
  }

  /** On record where a token of ours says whom it was given to, as with a call of a model. */
  private CompletionStage<HttpResponse> turnAway(
      HttpRequest request, ActionId action, Authentication.Refused refused) {
    var refusal = Refusal.of(refused.why());
    var claims = refused.claims();
    CompletionStage<Void> recorded =
        claims == null || refusal == Refusal.UNAVAILABLE
            ? CompletableFuture.completedFuture(null)
            : record(request, action, claims, null, refusal);
    return recorded.thenApply(_ -> {
      throw new Refusal.Raised(refusal);
    });
  }

  private CompletionStage<HttpResponse> answer(
      HttpRequest request, ActionId action, Kind style, AuthenticatedAgent agent, View view) {
    return ports
        .agents()
        .ask(agent.key(), Agent.Describe::new)
        .exceptionallyCompose(ModelList::unavailable)
        .thenCompose(reply -> {
          @Nullable AgentSpec spec = activeSpec(reply, agent);
          @Nullable Refusal refusal = refusal(spec, agent);
          return refusal != null
              ? record(request, action, agent.claims(), spec, refusal)
                  .thenApply(_ -> Refusals.response(style, refusal, Marks.DENY, action))
              : record(request, action, agent.claims(), spec, null)
                  .thenCompose(_ -> offered(new Use(agent, Objects.requireNonNull(spec))))
                  .thenApply(models -> view.of(style, action, models));
        });
  }

  private @Nullable Refusal refusal(@Nullable AgentSpec spec, AuthenticatedAgent agent) {
    if (spec == null) {
      return Refusal.AGENT_NOT_ACTIVE;
    }
    if (ports.freshness().standing(agent.claims().organization()) == Standing.FROZEN) {
      return Refusal.ENCLAVE_FROZEN;
    }
    return ports.policies().of(agent.claims().organization()).isEmpty()
        ? Refusal.POLICIES_UNKNOWN
        : null;
  }

  /** Null: it may do nothing, this included. */
  private static @Nullable AgentSpec activeSpec(Agent.Reply reply, AuthenticatedAgent agent) {
    return switch (reply) {
      case Agent.Description description -> {
        var spec = description.spec();
        boolean allowed =
            description.status() == AgentStatus.ACTIVE
                && description.families().contains(agent.claims().family())
                && (spec.clientCidr().isEmpty()
                    || spec.clientCidr().stream().anyMatch(b -> b.contains(agent.source())));
        yield allowed ? spec : null;
      }
      case Agent.Refused(var why) when why != Agent.Refusal.UNKNOWN_AGENT ->
          throw new Refusal.Raised(Refusal.UNAVAILABLE);
      default -> null;
    };
  }

  private CompletionStage<Void> record(
      HttpRequest request,
      ActionId action,
      AccessClaims claims,
      @Nullable AgentSpec spec,
      @Nullable Refusal refusal) {
    var status = refusal == null ? Outcome.Status.SUCCEEDED : Outcome.Status.REFUSED;
    var code = refusal == null ? null : refusal.code();
    var record =
        new AuditBuilder(
                action.auditId(),
                clock.instant(),
                claims.organization(),
                Plane.LLM,
                OPERATION,
                refusal == null ? Verdict.PERMIT : Verdict.DENY)
            .agent(claims.agent(), spec == null ? null : spec.owner())
            .byAgent()
            .at(node.enclave(), node.node())
            .trace(Requests.trace(request).traceId())
            .outcome(new Outcome(status, 0, null, code))
            .detail(code)
            .build();
    return ports.audit().record(record).exceptionallyCompose(ModelList::unavailable);
  }

  private CompletionStage<List<Offered>> offered(Use use) {
    var organization = use.agent.claims().organization();
    var found = new TreeMap<String, Offered>();
    CompletionStage<Void> all = CompletableFuture.completedFuture(null);
    for (ProviderSpec provider : ports.providers().of(organization)) {
      for (String name : provider.models()) {
        if (!name.contains("*")) {
          offer(found, use, provider, new Model(name, null, null));
        }
      }
      if (provider.models().isEmpty()
          || provider.models().stream().anyMatch(m -> m.contains("*"))) {
        all =
            all.thenCombine(
                upstream.of(organization, provider),
                (_, models) -> {
                  models.forEach(model -> offer(found, use, provider, model));
                  return null;
                });
      }
    }
    return all.thenApply(_ -> List.copyOf(found.values()));
  }

  private static void offer(
      Map<String, Offered> found, Use use, ProviderSpec provider, Model model) {
    if (provider.serves(model.id()) && use.allows(provider, model)) {
      found.putIfAbsent(model.id(), new Offered(model, provider.name()));
    }
  }

  /** Whose SDK asks. */
  static Kind style(HttpRequest request) {
    return request.getHeader("anthropic-version").isPresent() ? Kind.ANTHROPIC : Kind.OPENAI;
  }

  private static HttpResponse response(ActionId action, Object body) {
    var headers = new ArrayList<HttpHeader>();
    Marks.add(headers, Marks.PERMIT, action);
    return HttpResponse.create()
        .withHeaders(headers)
        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, Json.write(body)));
  }

  private static AnthropicList anthropic(List<Offered> models) {
    var data = models.stream().map(ModelList::anthropic).toList();
    return new AnthropicList(
        data,
        false,
        data.isEmpty() ? null : data.getFirst().id(),
        data.isEmpty() ? null : data.getLast().id());
  }

  private static AnthropicModel anthropic(Offered offered) {
    var model = offered.model;
    return new AnthropicModel(
        "model",
        model.id(),
        model.displayName() == null ? model.id() : model.displayName(),
        created(model).toString());
  }

  private static OpenAiList openAi(List<Offered> models) {
    return new OpenAiList("list", models.stream().map(ModelList::openAi).toList());
  }

  private static OpenAiModel openAi(Offered offered) {
    return new OpenAiModel(
        offered.model.id(), "model", created(offered.model).getEpochSecond(), offered.provider);
  }

  /** Seconds in OpenAI's lists, RFC 3339 in Anthropic's; the epoch where nothing is known. */
  private static Instant created(Model model) {
    String text = model.created();
    if (text == null) {
      return Instant.EPOCH;
    }
    try {
      return text.chars().allMatch(Character::isDigit)
          ? Instant.ofEpochSecond(Long.parseLong(text))
          : Instant.parse(text);
    } catch (NumberFormatException | DateTimeParseException _) {
      return Instant.EPOCH;
    }
  }

  private static HttpResponse refuse(Kind style, ActionId action, Throwable failure) {
    Refusal refusal;
    if (Causes.of(failure) instanceof Refusal.Raised raised) {
      refusal = raised.refusal();
    } else {
      Causes.logUnforeseen("A list of models failed", failure);
      refusal = Refusal.INTERNAL;
    }
    return Refusals.response(style, refusal, Marks.DENY, action);
  }

  private static <T> CompletionStage<T> unavailable(Throwable failure) {
    Causes.log("A list of models could not be decided and recorded", failure);
    return CompletableFuture.failedFuture(new Refusal.Raised(Refusal.UNAVAILABLE));
  }
}
