package io.redoubt.enclave;

import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.mapResponse;
import static org.apache.pekko.http.javadsl.server.Directives.path;

import io.redoubt.enclave.agentapi.AgentApi;
import io.redoubt.enclave.agentapi.Endpoints;
import io.redoubt.enclave.cluster.ClusterRoutes;
import io.redoubt.enclave.identity.AccessTokenIssuer;
import io.redoubt.enclave.operatorapi.OperatorApi;
import io.redoubt.enclave.operatorapi.OperatorGate;
import io.redoubt.enclave.operatorapi.PayloadPorts;
import io.redoubt.http.ApiDescription;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Health;
import io.redoubt.http.HttpEdge;
import io.redoubt.http.HttpServer;
import io.redoubt.http.Replies;
import io.redoubt.persistence.enclave.EnclaveStore;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.proxy.authenticate.AuthenticateConfig;
import io.redoubt.proxy.authenticate.ServiceIdentityVerifier;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.PayloadRecording;
import io.redoubt.proxy.llm.LlmConfig;
import io.redoubt.proxy.llm.LlmPorts;
import io.redoubt.proxy.llm.LlmRoutes;
import io.redoubt.proxy.stream.Cut;
import io.redoubt.proxy.tools.ExecuteRoutes;
import io.redoubt.proxy.tools.ToolPorts;
import io.redoubt.proxy.tools.ToolsConfig;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.Connection;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's servers: the agent endpoint, the acting one, management; and how they end. */
final class EnclaveServers {
  private static final Logger LOG = LoggerFactory.getLogger(EnclaveServers.class);
  private static final HttpHeader HANG_UP = Connection.create("close");

  /** For answers that are due at once, when no stream is under way any more. */
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(2);

  private static final ApiDescription AGENT_API = described("agent-endpoint");
  private static final ApiDescription ACTING_API = described("acting");
  private static final ApiDescription MANAGEMENT_API = described("management");

  private final EnclaveConfig config;
  private final EnclaveEnvironment environment;
  private final EnclaveNode node;
  private final EnclaveStore store;
  private final EdgeConfig edge;
  private @Nullable HttpServer agent;
  private @Nullable HttpServer acting;
  private @Nullable HttpServer management;

  EnclaveServers(
      EnclaveConfig config, EnclaveEnvironment environment, EnclaveNode node, EnclaveStore store) {
    this.config = config;
    this.environment = environment;
    this.node = node;
    this.store = store;
    this.edge = EdgeConfig.from(config.whole());
    for (var server :
        new ServerConfig[] {
          config.agentServer(), config.actingServer(), config.managementServer()
        }) {
      if (environment.tls().isEmpty() && !isLoopback(server.host())) {
        throw new IllegalArgumentException(
            "Without TLS a server binds to a loopback address only; this one is " + server.host());
      }
    }
  }

  private static ApiDescription described(String server) {
    return ApiDescription.packaged(EnclaveServers.class, "/openapi/" + server + ".json");
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("There is no host named " + host, e);
    }
  }

  /** Management first, so that a node that starts can be watched, and truthfully is not ready. */
  CompletionStage<Void> startManagement() {
    var gate =
        new OperatorGate(
            config.operatorApi(),
            edge,
            node.enclave,
            node.operatorTrust,
            node.keys,
            node.verificationKeys,
            environment.clock());
    var routes =
        concat(
            Health.probes(node.readiness::check),
            path("metrics", () -> get(() -> extractRequest(request -> metrics(gate, request)))),
            new ClusterRoutes(gate, node.clusterReporter).routes(),
            MANAGEMENT_API.routes());
    var server = new HttpEdge("management", environment.metrics());
    return bind(config.managementServer(), server.seal(routes))
        .thenAccept(binding -> management = binding);
  }

  private Route metrics(OperatorGate gate, HttpRequest request) {
    boolean onLoopback = isLoopback(config.managementServer().host());
    return config.metricsAccess().needsOperator(onLoopback)
        ? Replies.async(
            gate.admit(request, MetricsAccess.PERMISSION)
                .thenApply(_ -> Health.metrics(environment.prometheusText().get())))
        : Health.metrics(environment.prometheusText().get());
  }

  /** The acting server before the agent endpoint, which says where it is. */
  CompletionStage<Void> start() {
    var sealed = sealed("acting", ACTING_API, concat(actingRoutes(), ACTING_API.routes()));
    var routes = mapResponse(answer -> LlmRoutes.marked(answer, environment.clock()), () -> sealed);
    return HttpServer.start(
            node.system,
            config.actingServer().host(),
            config.actingServer().port(),
            environment.tls(),
            edge,
            routes,
            ExecuteRoutes.beside(LlmRoutes.UNROUTED))
        .thenCompose(binding -> {
          acting = binding;
          return startAgentServer(binding);
        })
        .thenAccept(binding -> {
          agent = binding;
          endInOrder();
          node.readiness.serve();
        });
  }

  /** Its own address is in its answers, and known for certain only once it is bound. */
  private CompletionStage<HttpServer> startAgentServer(HttpServer actingBinding) {
    var routes =
        new AtomicReference<Route>(
            Replies.problem(
                ProblemException.retryAfter(ErrorType.UNAVAILABLE, "Starting; try again.", 1)));
    return bind(config.agentServer(), sealed("agent", AGENT_API, extractRequest(_ -> routes.get())))
        .thenApply(binding -> {
          routes.set(
              agentRoutes(
                  Endpoints.of(
                      url(config.agentServer(), binding),
                      url(config.actingServer(), actingBinding))));
          return binding;
        });
  }

  private Route sealed(String name, ApiDescription description, Route routes) {
    var edge =
        new HttpEdge(name, environment.metrics(), environment.tracer(), description::template);
    return mapResponse(this::hangUpWhereDraining, () -> edge.seal(routes));
  }

  /** Who keeps a connection to a node that is about to stop is to open the next one elsewhere. */
  private HttpResponse hangUpWhereDraining(HttpResponse response) {
    return node.readiness.draining() ? response.addHeader(HANG_UP) : response;
  }

  private CompletionStage<HttpServer> bind(ServerConfig server, Route sealed) {
    Optional<SSLContext> tls = environment.tls();
    return HttpServer.start(node.system, server.host(), server.port(), tls, edge, sealed);
  }

  private Route agentRoutes(Endpoints endpoints) {
    var ports =
        new AgentApi.Ports(
            node.agents,
            node.families,
            node.revocations,
            store.auditLog(),
            node.issuer,
            node.publishedKeys,
            node.authenticator,
            node.proofs,
            node.lease,
            node::caughtUp,
            node.sightings::noteNow,
            node.sightings::note,
            node.patience,
            node.voting,
            node.approvalDesk,
            node.callbacks);
    var place = new AgentApi.Place(node.enclave, config.node(), Release.version(), endpoints);
    return concat(
        AgentApi.routes(
            config.agentApi(), edge, place, ports, environment.clock(), environment.metrics()),
        OperatorApi.routes(
            config.operatorApi(),
            edge,
            node.enclave,
            node.operatorTrust,
            node.keys,
            node.verificationKeys,
            node.killSwitch,
            node.unreported,
            node.voting,
            new PayloadPorts(
                store.payloads(), store.auditLookup(), store.auditLog(), store.organizations()),
            config.node(),
            environment.clock()),
        AGENT_API.routes());
  }

  private Route actingRoutes() {
    var whole = config.whole();
    var llm = LlmConfig.from(whole);
    var payloads =
        new PayloadRecording(
            node.system,
            store.payloads(),
            store.organizations(),
            llm.payloads(),
            environment.metrics(),
            environment.clock());
    return concat(executeRoutes(payloads), llmRoutes(llm, payloads));
  }

  private Route executeRoutes(PayloadRecording payloads) {
    return new ExecuteRoutes(
            node.system,
            ToolsConfig.from(config.whole()),
            new NodeIdentity(node.enclave, config.node()),
            edge,
            node.authenticator,
            node.streams,
            node.upstreams,
            new ToolPorts(
                node.agents,
                store.auditLog(),
                store.connectors(),
                node.decidingPolicies,
                node.lease,
                node.offline,
                node.patience,
                node.approvalDesk),
            payloads,
            () -> Endpoints.approvals(agentUrl()),
            environment.clock(),
            environment.metrics())
        .routes();
  }

  private Route llmRoutes(LlmConfig llm, PayloadRecording payloads) {
    var identities =
        new ServiceIdentityVerifier(
            AuthenticateConfig.from(config.whole()),
            AccessTokenIssuer.issuerOf(node.enclave),
            node.verificationKeys,
            node.revocations,
            environment.clock());
    return new LlmRoutes(
            node.system,
            llm,
            new NodeIdentity(node.enclave, config.node()),
            edge,
            node.authenticator,
            identities,
            node.streams,
            node.upstreams,
            new LlmPorts(
                node.agents,
                store.auditLog(),
                store.providers(),
                node.decidingPolicies,
                node.lease,
                node.offline,
                node.patience,
                node.sightings::noteSpending,
                node.approvalDesk),
            payloads,
            environment.clock(),
            environment.metrics(),
            environment.tracer())
        .routes();
  }

  /**
   * Unready while everything still works, then no new connections, then what is under way, and the
   * cluster last.
   */
  private void endInOrder() {
    var shutdown = CoordinatedShutdown.get(node.system);
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind(), "redoubt-unready", this::giveNotice);
    shutdown.addTask(
        CoordinatedShutdown.PhaseServiceUnbind(),
        "redoubt-unbind",
        () -> unbind(agent).thenCombine(unbind(acting), (done, _) -> done));
    shutdown.addTask(CoordinatedShutdown.PhaseServiceRequestsDone(), "redoubt-drain", this::drain);
    shutdown.addTask(
        CoordinatedShutdown.PhaseServiceStop(),
        "redoubt-management",
        () -> terminate(management, LAST_ANSWERS));
  }

  /** A node that the others have given up serves nobody any more, and stops at once. */
  private CompletionStage<Done> giveNotice() {
    boolean told = !node.readiness.draining() && !isPutOut();
    node.readiness.drain();
    if (!told || config.drainNotice().isZero()) {
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    LOG.info("Not ready from now on; stopping in {} ms", config.drainNotice().toMillis());
    var over = new CompletableFuture<Done>();
    var _ =
        node.system
            .scheduler()
            .scheduleOnce(
                config.drainNotice(),
                () -> over.complete(Done.getInstance()),
                node.system.executionContext());
    return over;
  }

  private boolean isPutOut() {
    return CoordinatedShutdown.get(node.system)
        .getShutdownReason()
        .filter(CoordinatedShutdown.clusterDowningReason()::equals)
        .isPresent();
  }

  private static CompletionStage<Done> unbind(@Nullable HttpServer binding) {
    return binding == null
        ? CompletableFuture.completedFuture(Done.getInstance())
        : binding.unbind().thenApply(_ -> Done.getInstance());
  }

  private static CompletionStage<Done> terminate(@Nullable HttpServer binding, Duration limit) {
    return binding == null
        ? CompletableFuture.completedFuture(Done.getInstance())
        : binding.stop(limit).thenApply(_ -> Done.getInstance());
  }

  /**
   * Waits for the streams that are under way, until all have ended or the limit has passed and the
   * rest is cut; then for the last answers. A stream that begins meanwhile, on a connection that
   * stands, has until the limit as well.
   */
  private CompletionStage<Done> drain() {
    long until = System.nanoTime() + config.drainLimit().toNanos();
    int waiting = node.streams.open();
    var cut = new AtomicInteger();
    var drained = new CompletableFuture<Void>();
    var watch =
        node.system
            .scheduler()
            .scheduleWithFixedDelay(
                Duration.ZERO,
                Duration.ofMillis(50),
                () -> {
                  if (System.nanoTime() - until > 0) {
                    cut.addAndGet(node.streams.cutAll(Cut.NODE_ENDS));
                    drained.complete(null);
                  } else if (node.streams.open() == 0) {
                    drained.complete(null);
                  }
                },
                node.system.executionContext());
    return drained
        .thenCompose(_ -> {
          var rest = Duration.ofNanos(Math.max(0, until - System.nanoTime()));
          return terminate(agent, LAST_ANSWERS)
              .thenCombine(terminate(acting, rest.plus(LAST_ANSWERS)), (done, _) -> done);
        })
        .whenComplete((_, _) -> {
          watch.cancel();
          sayWhatWasCut(waiting, cut.get());
        });
  }

  /** G12. Also in {@code redoubt_llm_streams_cut_total}, as long as anybody still reads that. */
  private void sayWhatWasCut(int waiting, int cut) {
    if (cut > 0) {
      LOG.warn(
          "{} streams had not ended {} ms after the last new connection, and were cut"
              + " (redoubt.enclave.drain-limit)",
          cut,
          config.drainLimit().toMillis());
    } else {
      LOG.info("Drained: {} streams were under way, and none was cut", waiting);
    }
  }

  URI agentUrl() {
    return url(config.agentServer(), agent);
  }

  URI actingUrl() {
    return url(config.actingServer(), acting);
  }

  URI managementUrl() {
    return url(config.managementServer(), management);
  }

  private URI url(ServerConfig server, @Nullable HttpServer binding) {
    if (server.publicUrl().isPresent()) {
      return server.publicUrl().get();
    }
    if (binding == null) {
      throw new IllegalStateException("the server is not bound yet");
    }
    String scheme = environment.tls().isPresent() ? "https" : "http";
    String host = server.host().contains(":") ? "[" + server.host() + "]" : server.host();
    return URI.create(scheme + "://" + host + ":" + binding.address().getPort());
  }
}
