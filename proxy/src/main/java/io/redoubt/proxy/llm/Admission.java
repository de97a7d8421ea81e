package io.redoubt.proxy.llm;

import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent;
import io.redoubt.approval.ShownPrompt;
import io.redoubt.content.ContentRules;
import io.redoubt.http.Requests;
import io.redoubt.link.Freshness;
import io.redoubt.policy.Decision;
import io.redoubt.policy.Policies;
import io.redoubt.protocol.approval.ModelPrompt;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.proxy.authenticate.AuthenticatedAgent;
import io.redoubt.proxy.authenticate.Authenticator;
import io.redoubt.proxy.authenticate.ServiceIdentityVerifier;
import io.redoubt.proxy.decide.ApprovalGate;
import io.redoubt.proxy.decide.Causes;
import io.redoubt.proxy.decide.ContentInForce;
import io.redoubt.proxy.decide.DecidedContents;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.Permits;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import io.redoubt.proxy.stream.LiveStream;
import io.redoubt.proxy.stream.LiveStreams;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The way to a permit (decision 3): authenticate, read, inspect, register, decide, record. Ends
 * with the intent in the log, or with a {@link Refusal.Raised}.
 */
final class Admission {
  /** Nobody has heard the control plane for longer than the window, and it was permitted. */
  static final String CONTINUED = "control-plane-away";

  /** Who calls, and with what. */
  private record Caller(AuthenticatedAgent agent, ByteString body, boolean bringsCredential) {}

  /** A call that may go to its provider. */
  record Admitted(
      AuthenticatedAgent agent,
      AgentSpec spec,
      ByteString body,
      RequestFacts facts,
      ProviderSpec provider,
      LiveStream stream,
      boolean bringsCredential,
      ContentInForce content) {}

  private final NodeIdentity node;
  private final Authenticator authenticator;
  private final ServiceIdentityVerifier services;
  private final LiveStreams streams;
  private final LlmConfig config;
  private final Estimator estimator;
  private final LlmPorts ports;
  private final DecidedContents contents;
  private final ApprovalGate approvals;

  Admission(
      NodeIdentity node,
      Authenticator authenticator,
      ServiceIdentityVerifier services,
      LiveStreams streams,
      LlmConfig config,
      Estimator estimator,
      LlmPorts ports,
      ApprovalGate approvals) {
    this.node = node;
    this.authenticator = authenticator;
    this.services = services;
    this.streams = streams;
    this.config = config;
    this.estimator = estimator;
    this.ports = ports;
    this.contents = new DecidedContents(ports.policies());
    this.approvals = approvals;
  }

  CompletionStage<Admitted> admit(LlmCall call) {
    if (!ports.lease().held()) {
      return CompletableFuture.failedFuture(new Refusal.Raised(Refusal.OUT_OF_SERVICE));
    }
    return identify(call).thenCompose(caller -> decide(call, caller));
  }

  private CompletionStage<Caller> identify(LlmCall call) {
    if (ServiceIdentityVerifier.isClaimedBy(call.request())) {
      return identifyThroughService(call);
    }
    return authenticator
        .authenticate(call.request(), call.source())
        .thenCompose(result -> {
          var agent = Permits.believed(call, result);
          return call.body().read(call.claims()).thenApply(body -> new Caller(agent, body, false));
        });
  }

  /** What stands in the place of the agent's token is then a credential of its own, if anything. */
  private CompletionStage<Caller> identifyThroughService(LlmCall call) {
    var body = new CompletableFuture<ByteString>();
    return services
        .verify(
            call.request(),
            () ->
                call.body()
                    .read(call.claims())
                    .thenApply(read -> {
                      body.complete(read);
                      return TokenDigest.ofBytes(sha256(read));
                    }),
            call.source())
        .thenCompose(result -> {
          var agent = Permits.believed(call, result);
          if (OwnCredential.isOurs(call.request())) {
            throw new Refusal.Raised(Refusal.OWN_CREDENTIAL_IS_A_TOKEN);
          }
          return body.thenApply(
              read -> new Caller(agent, read, OwnCredential.isIn(call.request())));
        });
  }

  private CompletionStage<Admitted> decide(LlmCall call, Caller caller) {
    byte[] body = caller.body.toArrayUnsafe();
    String digest = TokenDigest.ofBytes(sha256(caller.body)).toString();
    call.carries(digest, caller.body);
    var facts = read(call.operation(), body);
    call.asksFor(facts);
    var provider = provider(call.operation(), caller.agent, facts.model());
    call.goesTo(provider);
    var stream = Permits.registered(call, caller.agent, streams, authenticator);
    var organization = caller.agent.claims().organization();
    return ask(
            new Question(call, caller, digest, facts, provider),
            ports.policies().contents(organization))
        .thenCompose(verdict -> {
          var standing = ports.freshness().standing(organization);
          if (standing == Freshness.Standing.FROZEN) {
            throw new Refusal.Raised(Refusal.ENCLAVE_FROZEN);
          }
          if (provider == null) {
            throw new Refusal.Raised(Refusal.MODEL_NOT_FOUND);
          }
          var permitted = verdict.permitted;
          var sent = redacted(call.operation(), verdict, caller.body, facts);
          return record(
              call,
              new Admitted(
                  caller.agent,
                  permitted.spec(),
                  sent.body,
                  sent.facts,
                  provider,
                  stream,
                  caller.bringsCredential,
                  verdict.content),
              permitted.fence(),
              standing);
        });
  }

  /** What the agent is asked about. */
  private record Question(
      LlmCall call,
      Caller caller,
      String digest,
      RequestFacts facts,
      @Nullable ProviderSpec provider) {
    private GovernedAction action(Inspected found, Estimator estimator) {
      // What is redacted may be longer than what it stands for.
      long bytes = caller.body.size() + found.growth();
      return new GovernedAction(
              call.action(),
              Plane.LLM,
              LlmCall.OPERATION,
              facts.model(),
              provider == null ? null : provider.name(),
              digest,
              call.source(),
              caller.bringsCredential,
              Set.copyOf(found.findings()))
          .declaring(facts.tools())
          .costing(estimator.of(call.operation(), facts, bytes));
    }
  }

  /** A permit, and what the version that gave it says of content. */
  private record Permit(Agent.Permitted permitted, ContentInForce content, Inspected found) {}

  /** What goes out. */
  private record Sent(ByteString body, RequestFacts facts) {}

  private CompletionStage<Permit> ask(Question question, Policies.Contents by) {
    var call = question.call;
    var found = inspected(question, by.rules());
    call.holds(found);
    var claims = question.caller.agent.claims();
    return ports
        .agents()
        .ask(
            question.caller.agent.key(),
            replyTo ->
                new Agent.Decide(
                    question.action(found, estimator),
                    claims.family(),
                    ports.patience().ends(),
                    replyTo))
        .exceptionallyCompose(failure -> Permits.unavailable(failure))
        .thenCompose(reply -> approved(question, by, found, reply))
        .thenCompose(reply -> permit(question, by, found, permitted(question, reply)));
  }

  /**
   * The permit, with what the version that gave it says. Where policies change at this moment, and
   * the one who decides looks for something else than was looked for, it has to be asked again by
   * its client: what it costs is reserved only once.
   */
  private CompletionStage<Permit> permit(
      Question question, Policies.Contents by, Inspected found, Agent.Permitted permitted) {
    var claims = question.caller.agent.claims();
    long version = Objects.requireNonNull(permitted.judgement()).bundleVersion();
    var decidedBy =
        version == by.version()
            ? CompletableFuture.completedStage(by.rules())
            : contents.of(claims.organization(), version);
    return decidedBy.thenApply(rules -> {
      if (version != by.version()
          && !rules.looksForTheSameAs(by.rules())
          && !inspected(question, rules).findings().equals(found.findings())) {
        throw new Refusal.Raised(Refusal.POLICIES_UNKNOWN);
      }
      return new Permit(
          permitted, ContentInForce.of(rules, claims.agent(), permitted.spec()), found);
    });
  }

  private Inspected inspected(Question question, ContentRules rules) {
    return Inspected.request(
        question.caller.body.toArrayUnsafe(),
        Inspector.of(rules.patterns()),
        config.inspection().limits());
  }

  /** What was decided to be redacted, is; the rest goes out byte for byte. */
  private Sent redacted(
      LlmOperation operation, Permit permit, ByteString body, RequestFacts facts) {
    if (permit.content.policy().enforces(Direction.REQUEST) && permit.found.isPartial()) {
      throw new Refusal.Raised(Refusal.CONTENT_NOT_INSPECTED);
    }
    var redact =
        Objects.requireNonNull(permit.permitted.judgement()).decision().content().stream()
            .filter(each -> each.action() == ContentAction.REDACT)
            .map(Decision.Handling::finding)
            .collect(Collectors.toUnmodifiableSet());
    if (redact.isEmpty()) {
      return new Sent(body, facts);
    }
    byte[] sent =
        JsonInspection.redacted(
                permit.content.inspector(),
                config.inspection().limits(),
                body.toArrayUnsafe(),
                finding -> redact.contains(finding.code()))
            .orElseThrow(() -> new Refusal.Raised(Refusal.CONTENT_NOT_REDACTED));
    var as = read(operation, sent);
    if (!as.model().equals(facts.model()) || as.streams() != facts.streams()) {
      throw new Refusal.Raised(Refusal.CONTENT_NOT_REDACTED);
    }
    return new Sent(ByteString.fromArrayUnsafe(sent), as);
  }

  /** What is said to it once those who are to approve it have been asked. */
  private CompletionStage<Agent.Reply> approved(
      Question question, Policies.Contents by, Inspected found, Agent.Reply reply) {
    var call = question.call;
    var agent = question.caller.agent;
    if (!(reply instanceof Agent.Denied(var why, var spec, var judgement, _))
        || why != Agent.Denial.APPROVAL_NEEDED
        || spec == null
        || judgement == null
        || !ApprovalGate.opensFor(judgement)
        || question.provider == null
        || isFrozen(agent)) {
      return CompletableFuture.completedFuture(reply);
    }
    call.isOf(spec);
    call.isJudged(judgement);
    return approvals
        .pass(
            new ApprovalGate.Plea(
                agent.key(),
                agent.claims().family(),
                question.action(found, estimator),
                spec,
                judgement,
                null,
                call.trace().traceId(),
                null,
                ShownPrompt.of(() -> prompt(question, by.rules(), found, spec)),
                Requests.preferredWait(call.request(), config.longestWait()).orElse(Duration.ZERO),
                call::isWanted,
                permitted -> objection(question, by, found, permitted),
                null))
        .thenApply(outcome -> Permits.approved(call, outcome));
  }

  /**
   * What those are shown who decide about it, which is what would go out; empty: that is not known,
   * so that it would not.
   */
  private Optional<ModelPrompt> prompt(
      Question question, ContentRules rules, Inspected found, AgentSpec spec) {
    var content = ContentInForce.of(rules, question.caller.agent.claims().agent(), spec);
    var policy = content.policy();
    if (policy.enforces(Direction.REQUEST) && found.isPartial()) {
      return Optional.empty();
    }
    byte[] body = question.caller.body.toArrayUnsafe();
    boolean redacts =
        found.findings().stream()
            .anyMatch(each -> policy.action(each, Direction.REQUEST) == ContentAction.REDACT);
    return (redacts
            ? JsonInspection.redacted(
                content.inspector(),
                config.inspection().limits(),
                body,
                finding -> policy.action(finding.code(), Direction.REQUEST) == ContentAction.REDACT)
            : Optional.of(body))
        .flatMap(shown -> PromptReader.read(shown, Inspector.of(rules.patterns())));
  }

  /** Why it would not go out although it is permitted: then its grant is not spent. */
  private CompletionStage<Optional<Refusal>> objection(
      Question question, Policies.Contents by, Inspected found, Agent.Permitted permitted) {
    if (isFrozen(question.caller.agent)) {
      return CompletableFuture.completedFuture(Optional.of(Refusal.ENCLAVE_FROZEN));
    }
    if (isAnotherByNow(question)) {
      return CompletableFuture.completedFuture(Optional.of(Refusal.SETTINGS_CHANGED));
    }
    return permit(question, by, found, permitted)
        .thenAccept(permit ->
            redacted(question.call.operation(), permit, question.caller.body, question.facts))
        .handle((_, failure) -> {
          if (failure == null) {
            return Optional.empty();
          }
          if (Causes.of(failure) instanceof Refusal.Raised raised) {
            return Optional.of(raised.refusal());
          }
          Causes.logUnforeseen("A call that was approved could not be prepared", failure);
          return Optional.of(Refusal.INTERNAL);
        });
  }

  /** Its key would not be given out any more. */
  private boolean isAnotherByNow(Question question) {
    var provider = question.provider;
    return provider != null
        && !ports.providers().of(question.caller.agent.claims().organization()).contains(provider);
  }

  private boolean isFrozen(AuthenticatedAgent agent) {
    return ports.freshness().standing(agent.claims().organization()) == Freshness.Standing.FROZEN;
  }

  private static RequestFacts read(LlmOperation operation, byte[] body) {
    try {
      return RequestFacts.read(operation, body);
    } catch (RequestFacts.UnreadableException e) {
      throw new Refusal.Raised(e.refusal());
    }
  }

  /** The first by name, so that the choice is the same on every node. */
  private @Nullable ProviderSpec provider(
      LlmOperation operation, AuthenticatedAgent agent, String model) {
    ProviderSpec chosen = null;
    for (ProviderSpec candidate : ports.providers().of(agent.claims().organization())) {
      if (candidate.kind() == operation.kind()
          && candidate.serves(model)
          && (chosen == null || isBefore(candidate, chosen))) {
        chosen = candidate;
      }
    }
    return chosen;
  }

  /** A real one goes before a stand-in, and one that names its models before one that takes any. */
  private static boolean isBefore(ProviderSpec one, ProviderSpec other) {
    if (one.simulated() != other.simulated()) {
      return other.simulated();
    }
    if (one.models().isEmpty() != other.models().isEmpty()) {
      return other.models().isEmpty();
    }
    return one.name().compareTo(other.name()) < 0;
  }

  /** Of what has no price, it may be the request and not the model. */
  private static Agent.Permitted permitted(Question question, Agent.Reply reply) {
    try {
      return Permits.permitted(question.call, reply);
    } catch (Refusal.Raised e) {
      throw e.refusal() == Refusal.PRICE_UNKNOWN && question.facts.extent().surcharged()
          ? new Refusal.Raised(Refusal.SURCHARGE_UNKNOWN, e.shortage())
          : e;
    }
  }

  private CompletionStage<Admitted> record(
      LlmCall call, Admitted admitted, long fence, Freshness.Standing standing) {
    var claims = admitted.agent.claims();
    var intent =
        call.record(node, claims, Verdict.PERMIT)
            .detail(call.remark(remark(admitted, standing)))
            .reserved(call.reserved())
            .build();
    return Permits.recorded(
            call,
            ports.audit(),
            intent,
            fence,
            () -> isFenceRaised(call, claims.organization(), ports.policies()))
        .thenApply(_ -> admitted);
  }

  /** With a budget, or policies that go by what it did, each new incarnation of the agent does. */
  static boolean isFenceRaised(LlmCall call, OrganizationId organization, Policies policies) {
    return call.reserved() != null
        || policies.of(organization).filter(it -> it.set().looksAtSession()).isPresent();
  }

  /** What is out of the ordinary, for the record (G12). */
  private static @Nullable String remark(Admitted admitted, Freshness.Standing standing) {
    String of =
        admitted.provider.simulated()
            ? "simulated"
            : admitted.bringsCredential ? "own-credential" : null;
    if (standing != Freshness.Standing.CONTINUED) {
      return of;
    }
    return of == null ? CONTINUED : of + ", " + CONTINUED;
  }

  private static byte[] sha256(ByteString body) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(body.asByteBuffer());
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
