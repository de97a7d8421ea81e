package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.ApprovalConfig;
import io.redoubt.approval.ApprovalDesk;
import io.redoubt.approval.Bystanders;
import io.redoubt.approval.LocalApprovals;
import io.redoubt.approval.Voting;
import io.redoubt.entity.Patience;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.HttpEdge;
import io.redoubt.http.HttpServer;
import io.redoubt.link.Freshness;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.Manifest;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.OrganizationSpec.OfflineMode;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.proxy.authenticate.AuthenticateConfig;
import io.redoubt.proxy.authenticate.Authenticator;
import io.redoubt.proxy.authenticate.DpopProofs;
import io.redoubt.proxy.authenticate.ServiceIdentityVerifier;
import io.redoubt.proxy.authenticate.VerificationKeys;
import io.redoubt.proxy.decide.ChangedCalls;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.PayloadRecording;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import io.redoubt.proxy.sdk.SdkAgent;
import io.redoubt.proxy.sdk.SdkAgent.Heard;
import io.redoubt.proxy.sdk.SdkAgent.Question;
import io.redoubt.proxy.stream.LiveStreams;
import io.redoubt.proxy.stream.LiveStreamsConfig;
import io.redoubt.proxy.tools.EditedOperations;
import io.redoubt.proxy.tools.ExecuteRoutes;
import io.redoubt.proxy.tools.ToolPorts;
import io.redoubt.proxy.tools.ToolsConfig;
import io.redoubt.proxy.upstream.UpstreamConfig;
import io.redoubt.proxy.upstream.Upstreams;
import io.redoubt.testing.FakeFences;
import io.redoubt.testing.FakePolicies;
import io.redoubt.testing.InMemoryApprovalBoard;
import io.redoubt.testing.InMemoryAuditLog;
import io.redoubt.testing.InMemoryConnectors;
import io.redoubt.testing.InMemoryOrganizations;
import io.redoubt.testing.InMemoryPayloadStore;
import io.redoubt.testing.InMemoryProviders;
import io.redoubt.testing.InMemoryRevocations;
import io.redoubt.testing.InMemorySigningKeyDirectory;
import io.redoubt.testing.ManualClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.server.Directives;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * The acting endpoint on a real port, between strict upstreams and fakes of the rest of the
 * enclave.
 */
public final class LlmFixture implements AutoCloseable {
  static final EnclaveId ENCLAVE = new EnclaveId(new UUID(1, 1));
  public static final OrganizationId ORGANIZATION = new OrganizationId(new UUID(2, 2));
  static final AgentId AGENT = new AgentId(new UUID(3, 3));
  static final FamilyId FAMILY = new FamilyId(new UUID(4, 4));
  public static final AgentKey AGENT_KEY = new AgentKey(ORGANIZATION, AGENT);
  static final String ISSUER = "urn:redoubt:enclave:" + ENCLAVE;

  public final ManualClock clock = new ManualClock();
  final FakeProvider provider = new FakeProvider();
  final FakeFences fences = new FakeFences();
  public final InMemoryAuditLog audit = new InMemoryAuditLog(fences);
  public final InMemoryPayloadStore payloads = new InMemoryPayloadStore();
  final InMemoryProviders providers = new InMemoryProviders();
  final InMemoryOrganizations organizations = new InMemoryOrganizations();
  public final FakePolicies policies = new FakePolicies();
  public final InMemoryConnectors connectors = new InMemoryConnectors();
  public final InMemoryApprovalBoard board = new InMemoryApprovalBoard();
  public final InMemoryRevocations revocations = new InMemoryRevocations();
  final InMemorySigningKeyDirectory directory = new InMemorySigningKeyDirectory();
  final KeptSpans spans = new KeptSpans();
  final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  final SigningKey signingKey = SigningKey.generate();
  final ActorSystem<?> system;
  public final FakeAgents agents;
  final LocalApprovals approvals;
  public final Voting voting;
  public final LiveStreams streams;
  final List<AgentKey> charged = new CopyOnWriteArrayList<>();
  final HttpClient client = HttpClient.newHttpClient();
  public final AtomicBoolean lease = new AtomicBoolean(true);
  public volatile Freshness.Standing standing = Freshness.Standing.FRESH;
  volatile boolean standingFails;
  private final ChangedCalls.Reader editedOperations;

  /** How operations are read that somebody has changed. */
  public volatile ChangedCalls.Reader operations;

  private final HttpServer binding;
  private long versions;

  public LlmFixture(String overrides) {
    Config config =
        ConfigFactory.parseString(overrides)
            .withFallback(
                ConfigFactory.parseString(
                    """
                    pekko.actor.default-dispatcher.fork-join-executor.minimum-runnable = -1
                    pekko.log-dead-letters = off
                    pekko.persistence.journal.plugin = "pekko.persistence.journal.inmem"
                    pekko.persistence.snapshot-store.plugin = "pekko.persistence.no-snapshot-store"
                    """))
            .withFallback(ConfigFactory.load());
    system = ActorSystem.create(Behaviors.empty(), "llm", config);
    agents = new FakeAgents(system);
    streams = new LiveStreams(LiveStreamsConfig.from(config), lease::get, metrics);
    var authenticate = AuthenticateConfig.from(config);
    var keys = new VerificationKeys(directory, authenticate.keyLookup(), clock, metrics);
    var edge = EdgeConfig.from(config);
    editedOperations = new EditedOperations(connectors, ToolsConfig.from(config), clock);
    operations = editedOperations;
    approvals = new LocalApprovals(system, board, audit, clock);
    var desk =
        new ApprovalDesk(
            approvals,
            board,
            ApprovalConfig.from(config),
            new Patience(clock, Duration.ofSeconds(5)));
    voting =
        new Voting(
            approvals,
            board,
            policies,
            desk,
            new ChangedCalls(
                agents,
                policies,
                Map.of(
                    Plane.TOOL,
                    new EditedToolCalls(LlmConfig.from(config), clock),
                    Plane.CONNECTOR,
                    (agent, change, source, inspector) ->
                        operations.read(agent, change, source, inspector)),
                new Patience(clock, Duration.ofSeconds(5))),
            new Bystanders(audit, ENCLAVE, "node-1", clock),
            clock);
    var authenticator =
        new Authenticator(
            authenticate,
            ISSUER,
            keys,
            new DpopProofs(authenticate.dpop(), clock),
            revocations,
            clock,
            metrics);
    var upstreams = new Upstreams(system, UpstreamConfig.from(config));
    var recording =
        new PayloadRecording(
            system, payloads, organizations, LlmConfig.from(config).payloads(), metrics, clock);
    var execute =
        new ExecuteRoutes(
            system,
            ToolsConfig.from(config),
            new NodeIdentity(ENCLAVE, "node-1"),
            edge,
            authenticator,
            streams,
            upstreams,
            new ToolPorts(
                agents,
                audit,
                connectors,
                policies,
                lease::get,
                _ -> standing(),
                new Patience(clock, Duration.ofSeconds(5)),
                desk),
            recording,
            () -> "http://agent.example/v1/agent/approvals",
            clock,
            metrics);
    var routes =
        new LlmRoutes(
            system,
            LlmConfig.from(config),
            new NodeIdentity(ENCLAVE, "node-1"),
            edge,
            authenticator,
            new ServiceIdentityVerifier(authenticate, ISSUER, keys, revocations, clock),
            streams,
            upstreams,
            new LlmPorts(
                agents,
                audit,
                providers,
                policies,
                lease::get,
                _ -> standing(),
                new Patience(clock, Duration.ofSeconds(5)),
                charged::add,
                desk),
            recording,
            clock,
            metrics,
            SdkTracerProvider.builder()
                .addSpanProcessor(SimpleSpanProcessor.create(spans))
                .build()
                .get("test"));
    var sealed =
        new HttpEdge("acting", metrics).seal(Directives.concat(execute.routes(), routes.routes()));
    var marked = Directives.mapResponse(answer -> LlmRoutes.marked(answer, clock), () -> sealed);
    binding =
        await(
            HttpServer.start(
                system,
                "127.0.0.1",
                0,
                Optional.empty(),
                edge,
                marked,
                ExecuteRoutes.beside(LlmRoutes.UNROUTED)));
    reset();
  }

  /** What is to come, comes in a moment: looking for it only later would make up most of a test. */
  public static ConditionFactory soon() {
    return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5));
  }

  /** As at the start, between the tests of a class. */
  public void reset() {
    provider.forget();
    lease.set(true);
    agents.isolated = false;
    agents.judgement = FakeAgents.PERMITS;
    agents.ofTools = _ -> FakeAgents.PERMITS;
    agents.ofOperations = null;
    agents.proposed.clear();
    agents.unjudged = false;
    agents.reserved = null;
    agents.shortage = null;
    agents.onMoney = false;
    agents.settled.clear();
    policies.clear();
    standing = Freshness.Standing.FRESH;
    standingFails = false;
    agents.silent(false);
    agents.hold().complete(null);
    agents.holdGranted().complete(null);
    audit.outage.end();
    audit.full(false);
    audit.refuse(_ -> false);
    operations = editedOperations;
    payloads.outage.end();
    board.outage.end();
    board.clear();
    await(directory.publish(signingKey.publicHalf(), "node-1", Instant.MAX));
    await(fences.raise(AGENT_KEY, FakeAgents.FENCE));
    agentMayUse(ModelAccess.ANY, false);
    payloads(OrganizationSpec.Payloads.METADATA);
    provide("anthropic", ProviderSpec.Kind.ANTHROPIC, provider.base(""), List.of("claude-*"), 5);
    provide("openai", ProviderSpec.Kind.OPENAI, provider.base("/v1"), List.of(), 5);
  }

  void agentMayUse(ModelAccess models, boolean ownCredential) {
    agents.put(
        AGENT_KEY,
        new AgentSpec("coder", "ann@example.com", Map.of(), List.of(), models, ownCredential, 1));
  }

  public void agentMayWaitFor(int approvals) {
    agents.put(
        AGENT_KEY,
        new AgentSpec(
            "coder",
            "ann@example.com",
            Map.of(),
            List.of(),
            ModelAccess.ANY,
            false,
            Manifest.NONE,
            Budget.NONE,
            approvals,
            1));
  }

  public void payloads(OrganizationSpec.Payloads kept) {
    await(
        organizations.put(
            ORGANIZATION, new OrganizationSpec("acme", kept, 30, OfflineMode.FREEZE, ++versions)));
  }

  void provide(String name, ProviderSpec.Kind kind, URI base, List<String> models, int timeout) {
    await(
        providers.put(
            ORGANIZATION,
            new ProviderSpec(name, kind, base, models, timeout, false, ++versions),
            Secret.of(FakeProvider.KEY)));
  }

  /** Anthropic with another key than the one that its stand-in wants. */
  void provideWithKey(String key) {
    await(
        providers.put(
            ORGANIZATION,
            new ProviderSpec(
                "anthropic",
                ProviderSpec.Kind.ANTHROPIC,
                provider.base(""),
                List.of("claude-*"),
                5,
                false,
                ++versions),
            Secret.of(key)));
  }

  void provideSimulated(String name, List<String> models) {
    await(
        providers.put(
            ORGANIZATION,
            new ProviderSpec(
                name, ProviderSpec.Kind.ANTHROPIC, provider.base(""), models, 5, true, ++versions),
            Secret.of(FakeProvider.KEY)));
  }

  void remove(String name) {
    await(providers.delete(ORGANIZATION, name, ++versions));
  }

  public AccessClaims claims() {
    return new AccessClaims(
        ISSUER,
        ISSUER,
        AGENT,
        ORGANIZATION,
        FAMILY,
        "jti-1",
        clock.instant(),
        clock.instant().plusSeconds(300),
        List.of(),
        null);
  }

  public String token() {
    return claims().sign(signingKey);
  }

  int port() {
    return binding.address().getPort();
  }

  /** A connection on which a test can misbehave. */
  Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), port());
  }

  /** A request for a message, as it looks on the wire. */
  byte[] onTheWire(String body, String... headers) {
    return onTheWireWith(token(), body, headers);
  }

  byte[] onTheWireWith(String token, String body, String... headers) {
    return ("POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            + "anthropic-version: 1\r\nx-api-key: "
            + token
            + "\r\n"
            + String.join("", List.of(headers).stream().map(header -> header + "\r\n").toList())
            + "content-length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  HttpRequest.Builder anthropic(String body) {
    return HttpRequest.newBuilder(uri("/v1/messages"))
        .header("x-api-key", token())
        .header("anthropic-version", "2023-06-01")
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  HttpRequest.Builder openAi(String path, String body) {
    return HttpRequest.newBuilder(uri(path))
        .header("authorization", "Bearer " + token())
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  public HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return client.send(
          request.timeout(Duration.ofSeconds(20)).build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError("the proxy broke off", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The record of the action that an answer names. */
  public AuditRecord recordOf(HttpResponse<?> response) {
    var id = actionOf(response).auditId();
    return audit.records().stream()
        .filter(record -> record.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new AssertionError("nothing is recorded of " + id));
  }

  /** Its outcome, once it is there. */
  public Outcome outcomeOf(HttpResponse<?> response) {
    return outcomeOf(actionOf(response));
  }

  Outcome outcomeOf(ActionId action) {
    org.awaitility.Awaitility.await().until(() -> audit.outcome(action.auditId()).isPresent());
    return audit.outcome(action.auditId()).orElseThrow();
  }

  public static ActionId actionOf(HttpResponse<?> response) {
    return ActionId.parse(response.headers().firstValue("x-redoubt-action").orElse(null));
  }

  public static <T> T await(java.util.concurrent.CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** After each test: every intent has its outcome (G4), and no stream is open. */
  public void assertNothingIsLeftOver() {
    soon().until(() -> audit.open().isEmpty());
    soon().until(() -> streams.open() == 0);
    assertThat(audit.strays()).isEmpty();
  }

  /** Ends the server by force, as a node does whose acts do not end. */
  public void endServer() {
    var _ = binding.stop(Duration.ofMillis(50));
  }

  @Override
  public void close() throws IOException {
    system.terminate();
    provider.close();
    await(system.getWhenTerminated());
  }

  private Freshness.Standing standing() {
    if (standingFails) {
      throw new IllegalStateException("nobody knows");
    }
    return standing;
  }

  /** An agent that is written with the vendors' SDKs. */
  SdkAgent sdkAgent() {
    return new SdkAgent(client, uri("").toString(), this::token, 0);
  }

  /** One call of it. */
  static Heard ask(SdkAgent agent, Style style, boolean streamed) {
    return switch (style) {
      case MESSAGES ->
          agent.ask(SdkAgent.Api.MESSAGES, streamed, new Question("claude-sonnet-4-5", "x"));
      case CHAT -> agent.ask(SdkAgent.Api.CHAT, streamed, new Question("gpt-4o", "x"));
      case RESPONSES -> agent.ask(SdkAgent.Api.RESPONSES, streamed, new Question("gpt-4o", "x"));
    };
  }
}
