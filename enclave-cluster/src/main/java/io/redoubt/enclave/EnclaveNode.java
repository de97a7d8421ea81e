package io.redoubt.enclave;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.agent.AgentConfig;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.AgentPorts;
import io.redoubt.agent.Agents;
import io.redoubt.agent.ShardedAgents;
import io.redoubt.approval.ApprovalConfig;
import io.redoubt.approval.ApprovalDesk;
import io.redoubt.approval.Approvals;
import io.redoubt.approval.Bystanders;
import io.redoubt.approval.OpenRequests;
import io.redoubt.approval.ShardedApprovals;
import io.redoubt.approval.Voting;
import io.redoubt.budget.ShardedOrganizationBudgets;
import io.redoubt.enclave.cluster.ClusterGauges;
import io.redoubt.enclave.cluster.ClusterReporter;
import io.redoubt.enclave.identity.AccessTokenIssuer;
import io.redoubt.enclave.identity.NodeKeys;
import io.redoubt.enclave.identity.PublishedKeys;
import io.redoubt.enclave.kill.Enforcement;
import io.redoubt.enclave.kill.EnforcementNode;
import io.redoubt.enclave.kill.KillSwitch;
import io.redoubt.enclave.kill.PostgresUnreportedAgents;
import io.redoubt.enclave.kill.Stops;
import io.redoubt.enclave.kill.UnreportedAgents;
import io.redoubt.enclave.lease.LeaseKeeper;
import io.redoubt.enclave.lease.LeaseWatch;
import io.redoubt.enclave.lease.Ledger;
import io.redoubt.enclave.lease.News;
import io.redoubt.enclave.lease.NodeLease;
import io.redoubt.enclave.link.CallbackRelay;
import io.redoubt.enclave.link.ControlPlaneLink;
import io.redoubt.enclave.link.LinkView;
import io.redoubt.enclave.link.OfflineWindow;
import io.redoubt.enclave.link.Sightings;
import io.redoubt.enclave.link.TrustAnchors;
import io.redoubt.enclave.membership.ClockWatch;
import io.redoubt.enclave.membership.ClusterView;
import io.redoubt.enclave.membership.DepartedMembers;
import io.redoubt.enclave.membership.KeptHeartbeats;
import io.redoubt.enclave.membership.Membership;
import io.redoubt.enclave.operatorapi.OperatorTrust;
import io.redoubt.enclave.policy.FailOpen;
import io.redoubt.enclave.policy.PolicyKeeper;
import io.redoubt.enclave.policy.PolicyNode;
import io.redoubt.enclave.readiness.NodeHealth;
import io.redoubt.enclave.readiness.Readiness;
import io.redoubt.enclave.revocation.RedisPath;
import io.redoubt.enclave.revocation.RevocationChannel;
import io.redoubt.enclave.revocation.RevocationView;
import io.redoubt.enclave.session.RecordedDrifts;
import io.redoubt.entity.Patience;
import io.redoubt.family.ShardedTokenFamilies;
import io.redoubt.family.TokenFamilies;
import io.redoubt.family.TokenFamilyConfig;
import io.redoubt.identity.SigningKeyDirectory;
import io.redoubt.persistence.enclave.EnclaveStore;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.policy.LivePolicies;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.proxy.authenticate.AuthenticateConfig;
import io.redoubt.proxy.authenticate.Authenticator;
import io.redoubt.proxy.authenticate.DpopProofs;
import io.redoubt.proxy.authenticate.VerificationKeys;
import io.redoubt.proxy.decide.ChangedCalls;
import io.redoubt.proxy.decide.OutcomeWriter;
import io.redoubt.proxy.judge.JudgeConfig;
import io.redoubt.proxy.judge.JudgePorts;
import io.redoubt.proxy.judge.ModelJudge;
import io.redoubt.proxy.llm.EditedToolCalls;
import io.redoubt.proxy.llm.LlmConfig;
import io.redoubt.proxy.stream.Cut;
import io.redoubt.proxy.stream.LiveStreams;
import io.redoubt.proxy.stream.LiveStreamsConfig;
import io.redoubt.proxy.tools.EditedOperations;
import io.redoubt.proxy.tools.ToolsConfig;
import io.redoubt.proxy.upstream.UpstreamConfig;
import io.redoubt.proxy.upstream.Upstreams;
import io.redoubt.revocation.Revocation;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node of an enclave, wired: its root actor makes everything that the servers stand on. */
final class EnclaveNode {
  private static final Logger LOG = LoggerFactory.getLogger(EnclaveNode.class);

  /** Beside the revocations, how many stops of agents others can still be told one by one. */
  private static final int STOPS_TOLD_APART = 10_000;

  private static final Duration SIGHTINGS_EVERY = Duration.ofSeconds(1);

  /** Other nodes' keys are learned before they are needed: the database may be away then. */
  private static final Duration KEYS_EVERY = Duration.ofSeconds(5);

  final ActorSystem<?> system;
  final EnclaveId enclave;
  final NodeLease lease;
  final LivePolicies policies;
  final FailOpen decidingPolicies;
  final Agents agents;
  final Approvals approvals;
  final ApprovalDesk approvalDesk;
  final CallbackRelay callbacks;
  final Voting voting;
  final Upstreams upstreams;
  final TokenFamilies families;
  final Patience patience;
  final LiveStreams streams;
  final RevocationView revocations;
  final Optional<RedisPath> redis;
  final NodeKeys keys;
  final PublishedKeys publishedKeys;
  final VerificationKeys verificationKeys;
  final DpopProofs proofs;
  final Authenticator authenticator;
  final AccessTokenIssuer issuer;
  final KillSwitch killSwitch;
  final OperatorTrust operatorTrust;
  final UnreportedAgents unreported;
  final Sightings sightings;
  final OfflineWindow offline;
  final Readiness readiness;
  final ClusterReporter clusterReporter;
  private final ClusterGauges clusterGauges;

  private final Ledger ledger;
  private final Stops stops;
  private final EnclaveConfig config;
  private final Clock clock;
  private final LongSupplier nanos;
  private final ClockWatch watched;
  private final KeptHeartbeats heartbeats;
  private final SigningKeyDirectory signingKeys;
  private final Supplier<CompletionStage<Void>> refreshRegistry;
  private final PolicyKeeper policyKeeper;
  private final ActorRef<ControlPlaneLink.Command> link;
  private final ActorRef<DepartedMembers.Command> departed;

  /** The root actor. It is told nothing: it holds the others. */
  static Behavior<Void> create(
      EnclaveConfig config,
      Database database,
      Membership membership,
      EnclaveStore store,
      EnclaveEnvironment environment,
      CompletableFuture<EnclaveNode> wired) {
    return Behaviors.setup(context -> {
      wired.complete(new EnclaveNode(context, config, database, membership, store, environment));
      return Behaviors.empty();
    });
  }

  private EnclaveNode(
      ActorContext<Void> context,
      EnclaveConfig config,
      Database database,
      Membership membership,
      EnclaveStore store,
      EnclaveEnvironment environment) {
    this.config = config;
    this.clock = environment.clock();
    this.nanos = environment.nanos();
    this.policies = new LivePolicies(clock);
    this.system = context.getSystem();
    this.enclave = config.link().enclave();
    this.watched = membership.clock();
    this.heartbeats = membership.heartbeats();
    var metrics = environment.metrics();
    var whole = config.whole();

    this.lease =
        new NodeLease(config.lease().limit(), this::isFit, nanos, this::onLeaseLost, metrics);
    Gauge.builder("redoubt.clock.ahead", watched, it -> it.ahead().toMillis() / 1000.0)
        .description("how far this machine's clock is ahead of the database's; below zero: behind")
        .baseUnit("seconds")
        .register(metrics);
    this.ledger = new Ledger(config.revocation().maxEntries() + STOPS_TOLD_APART, nanos);
    this.streams = new LiveStreams(LiveStreamsConfig.from(whole), lease, metrics);
    this.stops = new Stops(streams::cut, ledger);
    this.redis = redis(environment);
    this.revocations = revocations(context, store, environment);
    this.decidingPolicies = new FailOpen(policies, store.organizations(), metrics);
    var agentConfig = AgentConfig.from(whole);
    this.agents =
        ShardedAgents.start(
            system,
            agentConfig,
            new AgentPorts(
                store.fences(),
                decidingPolicies,
                store.history(),
                store.ledger(),
                ShardedOrganizationBudgets.start(
                    system,
                    whole,
                    organization ->
                        store
                            .organizations()
                            .find(organization)
                            .map(OrganizationSpec::budget)
                            .orElse(Budget.NONE),
                    clock),
                new RecordedDrifts(store.auditLog(), enclave, config.node(), clock, metrics)),
            lease,
            clock);
    keepLease(context);
    this.upstreams = new Upstreams(system, UpstreamConfig.from(whole));
    this.families = ShardedTokenFamilies.start(system, TokenFamilyConfig.from(whole), clock);
    this.patience = new Patience(clock, agentConfig.entity().askTimeout());

    var approvalConfig = ApprovalConfig.from(whole);
    this.approvals =
        ShardedApprovals.start(
            system,
            approvalConfig,
            store.approvals(),
            store.auditLog(),
            judge(store, metrics),
            enclave,
            config.node(),
            clock);
    this.approvalDesk =
        new ApprovalDesk(
            approvals,
            store.approvals(),
            approvalConfig,
            new Patience(clock, approvalConfig.entity().askTimeout()));
    this.voting =
        new Voting(
            approvals,
            store.approvals(),
            decidingPolicies,
            approvalDesk,
            new ChangedCalls(
                agents,
                decidingPolicies,
                Map.of(
                    Plane.TOOL, new EditedToolCalls(LlmConfig.from(whole), clock),
                    Plane.CONNECTOR,
                        new EditedOperations(store.connectors(), ToolsConfig.from(whole), clock)),
                patience),
            new Bystanders(store.auditLog(), enclave, config.node(), clock),
            clock);

    this.signingKeys = store.signingKeys();
    this.refreshRegistry = store::refresh;
    this.keys = new NodeKeys(store.signingKeys(), config.node(), config.keys(), clock);
    this.publishedKeys = new PublishedKeys(store.signingKeys(), clock);
    this.issuer = new AccessTokenIssuer(enclave, keys);
    var authenticate = AuthenticateConfig.from(whole);
    this.verificationKeys =
        new VerificationKeys(store.signingKeys(), authenticate.keyLookup(), clock, metrics);
    this.proofs = new DpopProofs(authenticate.dpop(), clock);
    this.authenticator =
        new Authenticator(
            authenticate,
            AccessTokenIssuer.issuerOf(enclave),
            verificationKeys,
            proofs,
            revocations,
            clock,
            metrics);

    this.unreported = new PostgresUnreportedAgents(database);
    this.operatorTrust = new OperatorTrust(database);
    this.killSwitch = killSwitch(context, store);

    this.offline =
        new OfflineWindow(
            config.offline(), store.linkState(), store.organizations(), clock, metrics);
    this.policyKeeper = new PolicyKeeper(store.bundles(), policies, PolicySet::compile, clock);
    system.getWhenTerminated().thenRun(policyKeeper::close);
    context.spawn(PolicyNode.create(policyKeeper), PolicyNode.NAME);
    var linkTls = TrustAnchors.context(config.link().caFile());
    this.callbacks = new CallbackRelay(config.link(), linkTls);
    var _ = system.getWhenTerminated().whenComplete((_, _) -> callbacks.close());
    var linkView = new LinkView(clock, offline, metrics);
    var singletons = new EnclaveSingletons(context, config, store, metrics, clock);
    this.link =
        singletons.link(
            linkTls,
            linkView,
            new EnclaveSingletons.Hands(agents, killSwitch, policyKeeper, voting));
    this.sightings = new Sightings(link, config.link());
    singletons.auditForwarder(linkTls);
    singletons.keyJanitor(approvalConfig);
    singletons.approvalWaker(approvalConfig, agents, approvals);
    this.departed =
        context.spawn(
            DepartedMembers.create(
                new DepartedMembers.Steps(
                    membership::giveAway, membership::abandoned, store::departed),
                DepartedMembers.Pauses.USUAL),
            "departed-members");
    var cluster = new ClusterView(system);
    this.readiness =
        new Readiness(
            system,
            database,
            store,
            agents,
            keys,
            revocations,
            redis,
            policyKeeper,
            decidingPolicies,
            linkView,
            cluster,
            watched,
            lease);
    context.spawn(NodeHealth.create(readiness::check), NodeHealth.NAME);
    this.clusterGauges = new ClusterGauges(system, cluster, metrics);
    this.clusterReporter =
        new ClusterReporter(
            system, enclave, config.node(), cluster, linkView, policyKeeper, store.singletons());
  }

  /** Tiers that are judged by a model ask it from here. */
  private ModelJudge judge(EnclaveStore store, MeterRegistry metrics) {
    var whole = config.whole();
    return new ModelJudge(
        enclave,
        config.node(),
        new JudgePorts(
            agents,
            store.fences(),
            store.approvals(),
            store.providers(),
            decidingPolicies,
            store.judgeAllowance(),
            store.auditLog(),
            lease,
            organization -> this.offline.standing(organization)),
        upstreams,
        new OutcomeWriter(
            system, store.auditLog(), LlmConfig.from(whole).outcomes(), "judge", metrics),
        JudgeConfig.from(whole),
        metrics,
        clock);
  }

  private Optional<RedisPath> redis(EnclaveEnvironment environment) {
    Optional<RedisPath> path =
        config
            .revocation()
            .redis()
            .url()
            .map(url ->
                new RedisPath(
                    config.revocation().redis(),
                    url,
                    enclave,
                    config.node(),
                    clock,
                    revocation -> this.revocations.apply(revocation),
                    environment.metrics()));
    path.ifPresent(redis -> system.getWhenTerminated().thenRun(redis::close));
    return path;
  }

  private RevocationView revocations(
      ActorContext<Void> context, EnclaveStore store, EnclaveEnvironment environment) {
    var topic = context.spawn(RevocationChannel.topic(), "revocations");
    var view =
        new RevocationView(
            store.revocations(),
            config.revocation(),
            clock,
            RevocationChannel.announcer(topic)
                .andThen(revocation -> redis.ifPresent(path -> path.tell(revocation))),
            this::onRevoked,
            environment.metrics());
    topic.tell(
        Topic.subscribe(
            context.spawn(RevocationChannel.listener(view::apply), "revocations-heard")));
    return view;
  }

  /** Before there is any cluster: who joins is asked by the others at once. */
  private void keepLease(ActorContext<Void> context) {
    context.spawn(
        LeaseKeeper.create(config.lease(), lease, ledger, this::apply, nanos),
        LeaseKeeper.NAME,
        // Where the cluster's own heartbeats are: what keeps the rest busy does not delay it.
        DispatcherSelector.fromConfig("pekko.actor.internal-dispatcher"));
    var watch = LeaseWatch.start(lease);
    system.getWhenTerminated().thenRun(watch::close);
  }

  /** Whoever is heard: decision 9 needs a clock that is right and a place that is not taken. */
  private boolean isFit() {
    return watched.right() && heartbeats.goOn();
  }

  private void onLeaseLost() {
    int cut = streams.cutAll(Cut.LEASE_LOST);
    if (cut == 0 && CoordinatedShutdown.get(system).getShutdownReason().isPresent()) {
      return; // It leaves, and so do the others' answers.
    }
    if (!watched.right()) {
      LOG.warn(
          "The clock is wrong: this node permits nothing for now, and has cut {} streams", cut);
    } else if (!heartbeats.goOn()) {
      LOG.warn(
          "No heartbeat was kept in the database for {} s, so others may have begun without this"
              + " node: it permits nothing for now, and has cut {} streams",
          config.cluster().forming().staleAfter().toSeconds(),
          cut);
    } else {
      LOG.warn(
          "No majority heard for {} ms, or no processor for as long: this node permits nothing for"
              + " now, and has cut {} streams",
          config.lease().limit().toMillis(),
          cut);
    }
  }

  /** What others know to be stopped is stopped here when this returns. */
  private void apply(News news) {
    switch (news) {
      case News.Revoked(var revocation) -> {
        int _ = revocations.apply(revocation);
        int _ = cut(revocation);
      }
      case News.Stopped stopped -> stops.heard(stopped);
    }
  }

  private int onRevoked(Revocation revocation) {
    int cut = cut(revocation);
    ledger.note(
        new News.Revoked(revocation), Duration.between(clock.instant(), revocation.forgetAt()));
    return cut;
  }

  /** Who says that it is refused here says that it is cut, whoever brought word of it first. */
  private int withdraw(Revocation revocation) {
    return revocations.apply(revocation) + onRevoked(revocation);
  }

  /**
   * What runs on the tokens of a family ends with it (G2), and what runs on one token with that.
   */
  private int cut(Revocation revocation) {
    return switch (revocation) {
      case Revocation.OfFamily family -> streams.cutFamily(family.organization(), family.family());
      case Revocation.OfToken token -> streams.cutToken(token.organization(), token.jti());
    };
  }

  private KillSwitch killSwitch(ActorContext<Void> context, EnclaveStore store) {
    context.spawn(
        EnforcementNode.create(config.node(), stops, this::withdraw, ledger, clock),
        EnforcementNode.NAME);
    var limit = config.kill().answerLimit();
    var limits = new Enforcement.Limits(limit, config.lease().certain());
    var enforcement = context.spawn(Enforcement.create(limits, clock, nanos), "enforcement");
    return new KillSwitch(
        agents,
        families,
        revocations,
        new OpenRequests(approvals, store.approvals())::cancelAll,
        store.auditLog(),
        enforcement,
        system,
        limit,
        enclave,
        config.node(),
        clock);
  }

  /** Makes ready what is kept, which takes its time, before the node is a member. */
  CompletionStage<Void> loadPolicies() {
    return policyKeeper.warmUp().thenCompose(_ -> policyKeeper.catchUp());
  }

  /** Agents may live here from the moment that the node is a member: they are decided about now. */
  CompletionStage<Void> settlePolicies() {
    return policyKeeper.settle();
  }

  /** Intents of nodes that died with the whole cluster, so that no other saw it, end too (G4). */
  void settleAbandoned() {
    departed.tell(new DepartedMembers.Sweep());
  }

  /**
   * Publishes the signing key, and reads what the others know; afterwards all of it keeps itself
   * fresh.
   */
  CompletionStage<Void> prepare() {
    return keys.renew()
        .thenCompose(_ -> refreshRegistry.get())
        .thenCompose(_ -> offline.refresh())
        .thenCompose(_ -> learnKeys())
        .thenCompose(_ -> publishedKeys.all())
        .thenCompose(_ -> catchUp())
        .thenCompose(_ -> lease.first())
        .thenRun(() -> {
          every(KEYS_EVERY, this::learnKeys);
          every(config.keys().renewEvery(), keys::renew);
          every(config.revocation().pollEvery(), this::catchUp);
          redis.ifPresent(path -> every(path.readEvery(), path::read));
          every(SIGHTINGS_EVERY, sightings::flush);
          every(ClusterGauges.EVERY, clusterGauges::refresh);
          every(config.offline().refreshEvery(), offline::tick);
          every(config.policies().refreshEvery(), policyKeeper::catchUp);
        });
  }

  private CompletionStage<Void> catchUp() {
    Instant asOf = clock.instant();
    return revocations
        .catchUp()
        .thenAccept(standing -> redis.ifPresent(path -> path.tellAll(standing, asOf)));
  }

  private void every(Duration pause, Runnable work) {
    system.scheduler().scheduleWithFixedDelay(pause, pause, work, system.executionContext());
  }

  private CompletionStage<Void> learnKeys() {
    return signingKeys.all(clock.instant()).thenAccept(all -> all.forEach(verificationKeys::learn));
  }

  /** Whether all that was said of the agent so far is applied; waits for it a while. */
  CompletionStage<Boolean> caughtUp(AgentKey agent) {
    return AskPattern.<ControlPlaneLink.Command, ControlPlaneLink.CaughtUp>ask(
            link,
            replyTo -> new ControlPlaneLink.CatchUp(agent, replyTo),
            Duration.ofSeconds(2),
            system.scheduler())
        .thenApply(ControlPlaneLink.CaughtUp::yes)
        .exceptionally(_ -> false);
  }
}
