package io.redoubt.controlplane;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.controlplane.agent.AgentReports;
import io.redoubt.controlplane.agent.AgentRoutes;
import io.redoubt.controlplane.agent.Agents;
import io.redoubt.controlplane.agent.Lifecycle;
import io.redoubt.controlplane.approval.ApprovalRoutes;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.controlplane.approval.Forgetting;
import io.redoubt.controlplane.audit.AuditIntake;
import io.redoubt.controlplane.audit.AuditRoutes;
import io.redoubt.controlplane.audit.AuditStore;
import io.redoubt.controlplane.channel.CallbackRoutes;
import io.redoubt.controlplane.channel.ChannelRoutes;
import io.redoubt.controlplane.channel.Correspondence;
import io.redoubt.controlplane.channel.Notices;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.connector.ConnectorRoutes;
import io.redoubt.controlplane.connector.Connectors;
import io.redoubt.controlplane.decision.ExplanationRoutes;
import io.redoubt.controlplane.decision.ReplayRoutes;
import io.redoubt.controlplane.enclave.EnclaveRoutes;
import io.redoubt.controlplane.enclave.Enclaves;
import io.redoubt.controlplane.iam.ClientAccess;
import io.redoubt.controlplane.iam.ClientRoutes;
import io.redoubt.controlplane.iam.Clients;
import io.redoubt.controlplane.iam.MemberRoutes;
import io.redoubt.controlplane.iam.Members;
import io.redoubt.controlplane.iam.OperatorTrust;
import io.redoubt.controlplane.iam.OrganizationRoutes;
import io.redoubt.controlplane.iam.Organizations;
import io.redoubt.controlplane.iam.TokenRoutes;
import io.redoubt.controlplane.iam.TokenService;
import io.redoubt.controlplane.key.SigningKeys;
import io.redoubt.controlplane.link.LinkRoutes;
import io.redoubt.controlplane.operator.Authorizer;
import io.redoubt.controlplane.operator.Desk;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.OperatorRoutes;
import io.redoubt.controlplane.policy.BundleRoutes;
import io.redoubt.controlplane.policy.CanaryRoutes;
import io.redoubt.controlplane.policy.ContentRoutes;
import io.redoubt.controlplane.policy.FloorRollout;
import io.redoubt.controlplane.policy.FloorRoutes;
import io.redoubt.controlplane.policy.GroupRoutes;
import io.redoubt.controlplane.policy.Policies;
import io.redoubt.controlplane.policy.PolicyRoutes;
import io.redoubt.controlplane.policy.PolicyTestRoutes;
import io.redoubt.controlplane.policy.RuleRoutes;
import io.redoubt.controlplane.policy.WorkflowRoutes;
import io.redoubt.controlplane.provider.ProviderRoutes;
import io.redoubt.controlplane.provider.Providers;
import io.redoubt.controlplane.usage.UsageLedger;
import io.redoubt.controlplane.usage.UsageRoutes;
import io.redoubt.http.ApiDescription;
import io.redoubt.http.Bodies;
import io.redoubt.http.Health;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;

/** Makes every part of the control plane and connects them. */
final class Services {
  final ApiDescription description =
      ApiDescription.packaged(Services.class, "/redoubt/control-plane/openapi.json");
  final AuditStore trail = new AuditStore();
  final CommandLog commands = new CommandLog();
  final SigningKeys keys;
  final OperatorTrust trust;
  final Organizations organizations;
  final Members members;
  final Clients clients;
  final Enclaves enclaves;
  final Providers providers;
  final Connectors connectors;
  final Policies policies;
  final FloorRollout floors;
  final Forgetting forgetting;

  private final ControlPlaneConfig config;
  private final Database database;
  private final MeterRegistry metrics;
  private final Clock clock;
  private final ClientAccess access = new ClientAccess();
  private final Bodies bodies;
  private final Lifecycle lifecycle;
  private final Approvals approvals;
  private final Correspondence correspondence;
  private final CallbackRoutes callbacks;
  private final LinkRoutes link;

  Services(
      ControlPlaneConfig config,
      Database database,
      Keyring keyring,
      MeterRegistry metrics,
      Clock clock) {
    this.config = config;
    this.database = database;
    this.metrics = metrics;
    this.clock = clock;
    this.bodies = new Bodies(config.edge());
    this.keys = new SigningKeys(database, keyring, config.keys(), clock);
    this.trust = new OperatorTrust(access, keys, commands, config.operatorTokenLifetime());
    this.policies = new Policies(commands, config.policies());
    this.floors = new FloorRollout(policies, database, trail, clock);
    this.organizations = new Organizations(commands, policies::found);
    this.members = new Members(trust);
    this.clients = new Clients(trust, access);
    this.providers =
        new Providers(commands, database, keyring, config.providers().maxPerOrganization());
    this.connectors =
        new Connectors(commands, database, keyring, config.connectors().maxPerOrganization());
    this.enclaves =
        new Enclaves(
            commands,
            List.of(
                organizations,
                trust,
                policies.bundles(),
                providers.upstreams(),
                connectors.upstreams()));
    this.lifecycle =
        new Lifecycle(commands, enclaves, database, config.killWait(), config.killPoll(), clock);
    var notices = new Notices(config.channels(), trail, metrics, clock);
    this.approvals =
        new Approvals(
            commands,
            enclaves,
            database,
            config.killWait(),
            config.killPoll(),
            notices,
            access,
            clock);
    this.forgetting = new Forgetting(config.approvals(), database, metrics, clock);
    this.correspondence =
        new Correspondence(
            config.channels(),
            database,
            keyring,
            notices,
            approvals,
            members,
            policies.bundles(),
            trail,
            metrics,
            clock);
    this.callbacks =
        new CallbackRoutes(correspondence, bodies, config.edge(), config.limits().strangers(clock));
    this.link =
        new LinkRoutes(
            database,
            commands,
            List.of(providers.upstreams(), connectors.upstreams()),
            List.of(policies.bundles(), connectors.upstreams()),
            policies.bundles(),
            new AgentReports(lifecycle),
            approvals,
            callbacks::passedOn,
            new AuditIntake(database, trail, new UsageLedger(), metrics),
            keys,
            trail,
            bodies,
            config.edge(),
            config.limits().strangers(clock),
            config.link(),
            ControlPlane.VERSION,
            metrics,
            clock);
  }

  /** Everything that is served. */
  Route routes() {
    var authorizer =
        new Authorizer(keys, database, access, config.limits().perOrganization(clock), clock);
    var desk = new Desk(database, authorizer, trail, clock, config.idempotencyWindow());
    return Directives.concat(
        Health.probes(new Readiness(database, keys)::report),
        description.routes(),
        tokenRoutes(),
        link.routes(),
        callbacks.routes(),
        new OperatorRoutes(endpoints(), authorizer, desk).routes());
  }

  /** Begins what goes on without being asked to. */
  void started() {
    correspondence.start();
  }

  /** Ends what would otherwise go on for ever. */
  void stopping() {
    link.endStreams();
    correspondence.close();
  }

  /** The operator API, line by line. */
  List<Endpoint> endpoints() {
    var agents = new Agents(commands, enclaves, members, config.bootstrapTokenLifetime());
    var floor = new FloorRoutes(policies, floors, database, config.policies(), bodies);
    return Stream.of(
            new OrganizationRoutes(organizations, members, clients, bodies, clock).endpoints(),
            new MemberRoutes(members, bodies).endpoints(),
            new ClientRoutes(clients, members, bodies).endpoints(),
            new AgentRoutes(agents, lifecycle, bodies).endpoints(),
            new EnclaveRoutes(enclaves, approvals::endAt, bodies, clock).endpoints(),
            new ApprovalRoutes(approvals, bodies, clock).endpoints(),
            new ChannelRoutes(correspondence, members, config.channels(), bodies).endpoints(),
            new ProviderRoutes(providers, config.providers(), bodies).endpoints(),
            new ConnectorRoutes(connectors, config.connectors(), bodies).endpoints(),
            new PolicyTestRoutes(policies, agents, config.policies(), bodies, clock).endpoints(),
            new PolicyRoutes(policies, bodies).endpoints(),
            new RuleRoutes(policies, agents, bodies).endpoints(),
            new CanaryRoutes(policies, bodies, clock).endpoints(),
            new WorkflowRoutes(policies, bodies).endpoints(),
            new GroupRoutes(policies, bodies).endpoints(),
            floor.endpoints(),
            new ContentRoutes(policies, floor, agents, bodies).endpoints(),
            new BundleRoutes(policies, database, config.policies(), bodies, clock).endpoints(),
            new AuditRoutes().endpoints(),
            new ExplanationRoutes(policies).endpoints(),
            new ReplayRoutes(policies, agents, bodies, clock).endpoints(),
            new UsageRoutes().endpoints(),
            new MetricsRoute(metrics).endpoints())
        .flatMap(List::stream)
        .toList();
  }

  private Route tokenRoutes() {
    var limits = config.limits();
    var service =
        new TokenService(
            database,
            access,
            keys,
            trail,
            limits.perLoginSource(clock),
            limits.perLoginClient(clock),
            limits.remembered(),
            config.operatorTokenLifetime(),
            metrics,
            clock);
    return new TokenRoutes(service, bodies, config.edge()).routes();
  }
}
