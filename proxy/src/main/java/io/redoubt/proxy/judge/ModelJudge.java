package io.redoubt.proxy.judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.approval.ApprovalRequest;
import io.redoubt.approval.TierJudge;
import io.redoubt.audit.AuditLog;
import io.redoubt.link.Freshness;
import io.redoubt.policy.Policies;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.approval.ModelOpinion;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Usage;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.proxy.decide.OutcomeWriter;
import io.redoubt.proxy.upstream.Destination;
import io.redoubt.proxy.upstream.UpstreamCall;
import io.redoubt.proxy.upstream.UpstreamException;
import io.redoubt.proxy.upstream.UpstreamRequest;
import io.redoubt.proxy.upstream.Upstreams;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a configured model about a request for approval. It is an act like any other: nobody is
 * asked for a stopped agent, content policies say what may go out, it is taken from an allowance,
 * and its intent is durable first (G4). Whatever goes wrong is no answer, never one.
 */
public final class ModelJudge implements TierJudge {
  /** What the records of these calls are called. */
  public static final String OPERATION = "approval:judge";

  private static final Logger LOG = LoggerFactory.getLogger(ModelJudge.class);
  private static final String ANTHROPIC_VERSION = "2023-06-01";
  private static final String JSON = "application/json";

  /** What providers write into a prompt by themselves, and what the instructions take. */
  private static final long UNSEEN_TOKENS = 2_000;

  private final EnclaveId enclave;
  private final String node;
  private final JudgePorts ports;
  private final Upstreams upstreams;
  private final OutcomeWriter outcomes;
  private final JudgeConfig config;
  private final MeterRegistry metrics;
  private final InstantSource clock;
  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * On one node.
   *
   * @param clock that all nodes share
   */
  public ModelJudge(
      EnclaveId enclave,
      String node,
      JudgePorts ports,
      Upstreams upstreams,
      OutcomeWriter outcomes,
      JudgeConfig config,
      MeterRegistry metrics,
      InstantSource clock) {
    this.enclave = enclave;
    this.node = node;
    this.ports = ports;
    this.upstreams = upstreams;
    this.outcomes = outcomes;
    this.config = config;
    this.metrics = metrics;
    this.clock = clock;
    metrics.gauge("redoubt.judge.under.way", underWay);
  }

  /** Never fails. */
  @Override
  public CompletionStage<ModelOpinion> ask(Question question) {
    long begun = System.nanoTime();
    CompletionStage<ModelOpinion> answer;
    if (underWay.incrementAndGet() > config.maxUnderWay()) {
      underWay.decrementAndGet();
      answer = CompletableFuture.failedFuture(new NoAnswer("too many are asked at a time"));
    } else {
      answer = attempt(question).whenComplete((_, _) -> underWay.decrementAndGet());
    }
    return answer
        .exceptionally(failure -> ModelOpinion.none(question.model(), why(question, failure)))
        .thenApply(opinion -> {
          var said = opinion.said();
          metrics
              .timer("redoubt.judge.answers", "said", said == null ? "nothing" : said.wire())
              .record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
          return opinion;
        });
  }

  private static String why(Question question, Throwable failure) {
    if (cause(failure) instanceof NoAnswer known) {
      return known.why();
    }
    LOG.warn("{} was not asked about {}: {}", question.model(), question.key(), failure.toString());
    return "it could not be asked";
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private CompletionStage<ModelOpinion> attempt(Question question) {
    try {
      var provider = provider(question);
      var organization = question.key().organization();
      if (!ports.lease().held()) {
        throw new NoAnswer("this node may not act at this moment");
      }
      if (ports.freshness().standing(organization) == Freshness.Standing.FROZEN) {
        throw new NoAnswer("the control plane has not been heard for too long");
      }
      var agent = new AgentKey(organization, question.request().agent());
      // The fence before the agent: what is stopped after it was looked at is refused its intent.
      return ports
          .fences()
          .standing(agent)
          .thenCompose(fence ->
              ports
                  .agents()
                  .ask(agent, Agent.Describe::new)
                  .thenCombine(
                      ports.board().find(question.key()),
                      (described, shown) ->
                          prepared(question, provider, fence, active(described), shown)))
          .thenCompose(this::permitted);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private ProviderSpec provider(Question question) {
    var tier = question.tier();
    return ports.providers().of(question.key().organization()).stream()
        .filter(it -> it.name().equals(tier.provider()))
        .filter(it -> it.serves(Objects.requireNonNullElse(tier.model(), "")))
        // A stand-in of Redoubt's own has no opinion.
        .filter(it -> !it.simulated())
        .findFirst()
        .orElseThrow(() -> new NoAnswer("its provider is not known here, or not for that model"));
  }

  private static AgentSpec active(Agent.Reply described) {
    if (described instanceof Agent.Description(var status, var spec, var isolations, _, _, _)
        && status == AgentStatus.ACTIVE
        && isolations.isEmpty()) {
      return spec;
    }
    throw new NoAnswer("the agent is not active");
  }

  /** What goes out, and how it is recorded. */
  private record Prepared(
      Question question,
      ProviderSpec provider,
      long fence,
      ActionId action,
      ByteString body,
      Submission.Cleared cleared,
      LocalDate day,
      long tokens) {
    private String model() {
      return Objects.requireNonNullElse(question.tier().model(), "");
    }
  }

  private Prepared prepared(
      Question question,
      ProviderSpec provider,
      OptionalLong fence,
      AgentSpec spec,
      Optional<ApprovalBoard.Entry> shown) {
    if (fence.isEmpty() || shown.isEmpty()) {
      throw new NoAnswer("what is to be approved is not known here");
    }
    // Of a call to a model there is an excerpt, for people: an opinion of that would be a guess.
    var arguments = shown.get().arguments();
    if (arguments == null) {
      throw new NoAnswer("it cannot see the content of the call");
    }
    Policies.Running running =
        ports
            .policies()
            .of(question.key().organization())
            .orElseThrow(() -> new NoAnswer("no policies are known here"));
    var model = Objects.requireNonNullElse(question.tier().model(), "");
    var cleared =
        Submission.cleared(
            document(question.request(), spec, running.set(), arguments),
            running.set().content(),
            question.request().agent(),
            spec,
            model,
            config);
    var body =
        ByteString.fromArrayUnsafe(
            JudgePrompt.body(
                provider.kind(),
                model,
                config.maxOutputTokens(),
                cleared.document().toArrayUnsafe()));
    return new Prepared(
        question,
        provider,
        fence.getAsLong(),
        ActionId.next(clock),
        body,
        cleared,
        LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC),
        body.size() + UNSEEN_TOKENS + config.maxOutputTokens());
  }

  /** Names that the enclave knows; what the agent wrote is in the arguments. */
  private static ObjectNode document(
      ApprovalRequest request, AgentSpec spec, PolicySet policies, JsonNode arguments) {
    ObjectNode document = Json.STRICT.createObjectNode();
    document
        .putObject("agent")
        .put("id", request.agent().toString())
        .put("name", spec.name())
        .set("labels", Json.STRICT.valueToTree(spec.labels()));
    document
        .put("plane", request.plane().wire())
        .put("operation", request.operation())
        .put("within", request.within())
        .put("resource", request.resource())
        .put("risk", request.risk())
        .set("arguments", arguments);
    var asking = document.putArray("policies");
    for (var policy : request.policyIds()) {
      asking
          .addObject()
          .put("id", policy)
          .put("text", policies.excerpt(policy).map(PolicySet.Excerpt::text).orElse(""));
    }
    return document;
  }

  /** Only what is paid for and on record goes out. */
  private CompletionStage<ModelOpinion> permitted(Prepared prepared) {
    var organization = prepared.question.key().organization();
    return ports
        .allowance()
        .take(organization, prepared.day, prepared.tokens, config.allowance())
        .thenCompose(taken -> {
          if (!taken) {
            throw new NoAnswer("models have judged as much as they may today");
          }
          return ports.audit().permit(intent(prepared), prepared.fence);
        })
        .thenCompose(permit -> {
          if (permit == AuditLog.Permit.FENCED) {
            giveBack(prepared, 0);
            throw new NoAnswer("the agent was stopped, or began anew, meanwhile");
          }
          return sent(prepared);
        });
  }

  private AuditRecord intent(Prepared prepared) {
    var question = prepared.question;
    var request = question.request();
    return new AuditBuilder(
            prepared.action.auditId(),
            clock.instant(),
            question.key().organization(),
            Plane.APPROVAL,
            OPERATION,
            Verdict.PERMIT)
        .agent(request.agent(), request.owner())
        .byModel(question.model())
        .at(enclave, node)
        .connector(prepared.provider.name())
        .resource(prepared.model())
        .actionDigest(request.digest())
        .policies(request.policyIds(), request.bundleVersion())
        .risk(request.risk())
        .findings(prepared.cleared.findings())
        .coverage(prepared.cleared.coverage())
        .approval(question.key().approval())
        .trace(request.traceId())
        .build();
  }

  private CompletionStage<ModelOpinion> sent(Prepared prepared) {
    long begun = System.nanoTime();
    return reply(prepared)
        .handle((reply, failure) -> {
          if (failure == null) {
            var tokens = reply.tokens();
            conclude(prepared, begun, Outcome.Status.SUCCEEDED, reply.usage(), null);
            giveBack(prepared, tokens == null ? prepared.tokens : tokens);
            return reply
                .verdict()
                .map(verdict -> verdict.by(prepared.question.model()))
                .orElseThrow(() -> new NoAnswer("its answer was not in the form it was asked for"));
          }
          var why = noAnswer(failure);
          conclude(prepared, begun, Outcome.Status.FAILED, null, why.code());
          throw why;
        });
  }

  private static NoAnswer noAnswer(Throwable failure) {
    var cause = cause(failure);
    return switch (cause) {
      case NoAnswer known -> known;
      case TimeoutException _ -> new NoAnswer("it did not answer in time", "upstream-timeout");
      case UpstreamException upstream when upstream.reason() == UpstreamException.Reason.TIMEOUT ->
          new NoAnswer("it did not answer in time", "upstream-timeout");
      case UpstreamException _ ->
          new NoAnswer("its provider could not be reached", "upstream-unreachable");
      default -> {
        LOG.warn("A model's answer could not be had: {}", cause.toString());
        yield new NoAnswer("its answer could not be read", "upstream-malformed");
      }
    };
  }

  private CompletionStage<ModelsAnswer.Reply> reply(Prepared prepared) {
    var left = Duration.between(clock.instant(), prepared.question.until());
    var limit = left.compareTo(config.timeout()) < 0 ? left : config.timeout();
    if (!limit.isPositive()) {
      return CompletableFuture.failedFuture(new NoAnswer("its time was over", "not-sent"));
    }
    try {
      var call =
          upstreams.send(
              Destination.of(prepared.provider),
              request(prepared),
              limit,
              () -> ports.lease().held());
      return answered(call, prepared, limit);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletionStage<ModelsAnswer.Reply> answered(
      UpstreamCall call, Prepared prepared, Duration limit) {
    return call.reply()
        .thenCompose(reply -> {
          if (!reply.isSuccess()) {
            throw new NoAnswer(
                "its provider answered with status " + reply.status(),
                "upstream-status-" + reply.status());
          }
          return reply.collect(config.maxReplyBytes());
        })
        .thenApply(body -> ModelsAnswer.read(prepared.provider.kind(), body.toArrayUnsafe()))
        .toCompletableFuture()
        .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((_, failure) -> {
          if (failure == null) {
            call.done();
          } else {
            call.withdraw();
          }
        });
  }

  /** The provider's key is in plain text for this one call (G6). */
  private UpstreamRequest request(Prepared prepared) {
    var provider = prepared.provider;
    var key =
        ports
            .providers()
            .key(prepared.question.key().organization(), provider)
            .orElseThrow(() -> new NoAnswer("its provider was changed meanwhile"))
            .reveal();
    var base = provider.baseUrl();
    String path = base.getRawPath() == null ? "" : base.getRawPath().replaceFirst("/$", "");
    HttpHeader identity = RawHeader.create("accept-encoding", "identity");
    return switch (provider.kind()) {
      case ANTHROPIC ->
          UpstreamRequest.post(
              path + "/v1/messages",
              List.of(
                  identity,
                  RawHeader.create("x-api-key", key),
                  RawHeader.create("anthropic-version", ANTHROPIC_VERSION)),
              JSON,
              prepared.body);
      case OPENAI ->
          UpstreamRequest.post(
              path + "/chat/completions",
              List.of(identity, RawHeader.create("authorization", "Bearer " + key)),
              JSON,
              prepared.body);
    };
  }

  private void conclude(
      Prepared prepared,
      long begun,
      Outcome.Status status,
      @Nullable Usage usage,
      @Nullable String error) {
    Instant now = clock.instant();
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    outcomes.write(
        new AuditOutcome(
            prepared.action.auditId(),
            prepared.question.key().organization(),
            now,
            new Outcome(status, millis, usage, error)));
  }

  /** What cannot be given back stays taken: rather too few questions than too many. */
  private void giveBack(Prepared prepared, long used) {
    var _ =
        ports
            .allowance()
            .giveBack(
                prepared.question.key().organization(),
                prepared.day,
                Math.max(0, prepared.tokens - used))
            .exceptionally(failure -> {
              LOG.debug("an allowance was not given back: {}", failure.toString());
              return null;
            });
  }
}
