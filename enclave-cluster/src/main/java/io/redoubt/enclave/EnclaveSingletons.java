package io.redoubt.enclave;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.agent.Agents;
import io.redoubt.approval.ApprovalConfig;
import io.redoubt.approval.Approvals;
import io.redoubt.approval.Voting;
import io.redoubt.enclave.approval.ApprovalWaker;
import io.redoubt.enclave.janitor.KeyJanitor;
import io.redoubt.enclave.kill.KillSwitch;
import io.redoubt.enclave.kill.PostgresUnreportedAgents;
import io.redoubt.enclave.link.AuditForwarder;
import io.redoubt.enclave.link.ControlPlaneLink;
import io.redoubt.enclave.link.LinkStatus;
import io.redoubt.enclave.link.LinkView;
import io.redoubt.enclave.link.PostgresSetAside;
import io.redoubt.enclave.membership.MemberRoles;
import io.redoubt.enclave.operatorapi.OperatorTrust;
import io.redoubt.enclave.policy.PolicyKeeper;
import io.redoubt.enclave.policy.PolicyRollout;
import io.redoubt.enclave.registry.RegistryNews;
import io.redoubt.enclave.singleton.Held;
import io.redoubt.persistence.enclave.EnclaveStore;
import io.redoubt.persistence.enclave.HeldStore;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.singleton.Singleton;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.SingletonActor;

/** What one node does for the whole enclave, wired: every node stands ready to be that one. */
final class EnclaveSingletons {
  private final ActorContext<Void> context;
  private final ActorSystem<?> system;
  private final EnclaveConfig config;
  private final EnclaveStore store;
  private final MeterRegistry metrics;
  private final Clock clock;

  /** What the link carries commands out with, besides what it writes to. */
  record Hands(Agents agents, KillSwitch killSwitch, PolicyKeeper policies, Voting voting) {}

  EnclaveSingletons(
      ActorContext<Void> context,
      EnclaveConfig config,
      EnclaveStore store,
      MeterRegistry metrics,
      Clock clock) {
    this.context = context;
    this.system = context.getSystem();
    this.config = config;
    this.store = store;
    this.metrics = metrics;
    this.clock = clock;
  }

  ActorRef<ControlPlaneLink.Command> link(SSLContext tls, LinkView view, Hands hands) {
    ActorRef<Topic.Command<LinkStatus>> topic = context.spawn(LinkView.topic(), "link-status");
    topic.tell(Topic.subscribe(context.spawn(view.listener(), "link-status-heard")));
    var news = context.spawn(RegistryNews.topic(), "registry-news");
    context.spawn(
        RegistryNews.listener(config.node(), news, store::refresh), "registry-news-heard");
    var answerLimit = config.policies().answerLimit();
    var rollout =
        PolicyRollout.asking(
            context.spawn(PolicyRollout.create(answerLimit, clock), "policy-rollout"),
            system,
            answerLimit);
    Runnable announce = RegistryNews.announcer(config.node(), news, system);
    return singleton(
        Singleton.CONTROL_PLANE_LINK,
        held ->
            ControlPlaneLink.create(
                new ControlPlaneLink.Parts(
                    config.link(),
                    tls,
                    config.offline(),
                    held.linkProgress(),
                    hands.agents(),
                    hands.killSwitch(),
                    RegistryNews.announcing(held.organizations(), announce),
                    RegistryNews.announcing(held.providers(), announce),
                    RegistryNews.announcing(held.connectors(), announce),
                    new OperatorTrust(held.database()),
                    held.bundles(),
                    hands.policies(),
                    rollout,
                    new PostgresUnreportedAgents(held.database()),
                    hands.voting(),
                    held.approvals(),
                    new PostgresSetAside(held.database()),
                    config.node(),
                    Release.version(),
                    this::liveNodes,
                    LinkView.announcer(topic),
                    metrics,
                    clock)));
  }

  void auditForwarder(SSLContext tls) {
    singleton(
        Singleton.AUDIT_FORWARDER,
        held -> AuditForwarder.create(config.link(), tls, held.auditOutbox(), metrics));
  }

  void keyJanitor(ApprovalConfig approvals) {
    singleton(
        Singleton.KEY_JANITOR,
        held ->
            KeyJanitor.create(
                config.janitor(),
                new KeyJanitor.Stores(
                    held.signingKeys(), held.revocations(), held.payloads(), held.approvals()),
                approvals.keptFor(),
                clock,
                metrics));
  }

  void approvalWaker(ApprovalConfig approvalConfig, Agents agents, Approvals approvals) {
    singleton(
        Singleton.APPROVAL_WAKER,
        held -> ApprovalWaker.create(approvalConfig, agents, approvals, held.approvals(), clock));
  }

  private <M> ActorRef<M> singleton(Singleton singleton, Function<HeldStore, Behavior<M>> work) {
    var held =
        Held.create(
            store.singletons(),
            singleton,
            config.node(),
            Held.Pauses.USUAL,
            tenure -> work.apply(store.heldIn(tenure)));
    return ClusterSingleton.get(system).init(SingletonActor.of(held, singleton.wire()));
  }

  private List<LinkReport.NodesSeen.Node> liveNodes() {
    var nodes = new ArrayList<LinkReport.NodesSeen.Node>();
    for (Member member : Cluster.get(system).state().getMembers()) {
      if (member.status().equals(MemberStatus.up())) {
        nodes.add(
            new LinkReport.NodesSeen.Node(
                MemberRoles.name(member),
                member.appVersion().version(),
                MemberRoles.startedAt(member)));
      }
    }
    return nodes;
  }
}
