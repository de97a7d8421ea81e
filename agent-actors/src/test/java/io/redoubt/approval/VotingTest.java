package io.redoubt.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.approval.Approval.Refused;
import io.redoubt.approval.Approval.Standing;
import io.redoubt.approval.ApprovalBoard.Limits;
import io.redoubt.approval.ApprovalBoard.Opening;
import io.redoubt.approval.ApprovalBoard.Posting;
import io.redoubt.entity.Patience;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.testing.FakeFences;
import io.redoubt.testing.FakePolicies;
import io.redoubt.testing.InMemoryApprovalBoard;
import io.redoubt.testing.InMemoryAuditLog;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever was told of a request can look at it and decide it, although the board is behind. */
class VotingTest {
  private final ManualClock clock = new ManualClock();
  private final InMemoryApprovalBoard board = new InMemoryApprovalBoard();
  private final AgentKey agent = new AgentKey(OrganizationId.next(clock), AgentId.next(clock));
  private final ApprovalKey key = new ApprovalKey(agent.organization(), ApprovalId.next(clock));
  private final ApprovalView view =
      Proceedings.begin(ApprovalSamples.REQUEST, clock.instant())
          .view(key, ApprovalStatus.PENDING, 0, clock.instant(), null);
  private final List<ApprovalKey> reached = new ArrayList<>();
  private final InMemoryAuditLog audit = new InMemoryAuditLog(new FakeFences());
  private Approval.Reply reply = new Standing(view, null);
  private final Voting voting = onNode("node-1");

  private Voting onNode(String node) {
    return new Voting(
        (asked, _) -> {
          reached.add(asked);
          return CompletableFuture.completedFuture(reply);
        },
        board,
        new FakePolicies(),
        new ApprovalDesk(
            (_, _) -> new CompletableFuture<>(),
            board,
            ApprovalConfig.from(ConfigFactory.load()),
            new Patience(clock, Duration.ofSeconds(5))),
        (_, _) -> new CompletableFuture<>(),
        new Bystanders(audit, new EnclaveId(new UUID(1, 1)), node, clock),
        clock);
  }

  @BeforeEach
  void open() {
    var arguments = Json.LENIENT.createObjectNode().put("amount", 7);
    board.open(
        new Opening(agent, "f00d", key.approval(), null, arguments, clock.instant()),
        new Limits(9, 9));
  }

  @Test
  void itIsSeenBeforeItsActorHasWrittenAnything() {
    var found = voting.find(key).toCompletableFuture().join().orElseThrow();

    assertThat(found.status()).isEqualTo(ApprovalStatus.PENDING);
    assertThat(found.arguments()).isNotNull();
  }

  @Test
  void itIsDecidedBeforeItsActorHasWrittenAnything() {
    var ballot = new Ballot("1", "mem_ann", "enclave", Decision.APPROVE, "");

    var outcome = voting.cast(key, ballot).toCompletableFuture().join();

    assertThat(outcome).isInstanceOf(Voting.Heard.class);
  }

  private Optional<ApprovalView> look(String by) {
    return voting.look(key, by, "enclave").toCompletableFuture().join();
  }

  private List<String> recorded() {
    return audit.records().stream()
        .map(record -> record.operation() + " by " + record.actor() + ", " + record.detail())
        .toList();
  }

  @Test
  void thatSomebodyHasSeenItIsOnRecordOnceHoweverOftenTheyLook() {
    assertThat(look("mem_ann")).isPresent();
    clock.advance(Duration.ofMinutes(1));
    assertThat(look("mem_ann")).isPresent();
    onNode("node-2").look(key, "mem_ann", "enclave").toCompletableFuture().join();
    look("mem_bob");

    assertThat(recorded())
        .containsExactly(
            "approval:seen by mem_ann, through enclave",
            "approval:seen by mem_bob, through enclave");
    var record = audit.records().getFirst();
    assertThat(record.plane()).isEqualTo(Plane.APPROVAL);
    assertThat(record.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(record.approvalId()).isEqualTo(key.approval().toString());
    assertThat(record.agentId()).isEqualTo(view.agentId());
    assertThat(record.time()).isEqualTo(ManualClock.START);
  }

  @Test
  void whatCannotBePutOnRecordIsNotShown() {
    audit.outage.failNext(1);

    assertThatThrownBy(() -> look("mem_ann")).hasRootCauseMessage("database unavailable");
    assertThat(look("mem_ann")).isPresent();
    assertThat(recorded()).hasSize(1);
  }

  @Test
  void whatIsOverIsLookedAtWithoutARecord() {
    reply =
        new Standing(
            Proceedings.begin(ApprovalSamples.REQUEST, clock.instant())
                .view(key, ApprovalStatus.DENIED, 0, null, clock.instant()),
            null);

    assertThat(look("mem_ann")).isPresent();
    assertThat(recorded()).isEmpty();
  }

  @Test
  void aVoteThatDoesNotCountIsOnRecordOnceHoweverOftenItComes() {
    reply = new Refused(Refusal.NOT_ASKED, view);
    var ballot = new Ballot("1", "mem_eve", "slack", Decision.APPROVE, "please");

    var outcome = voting.cast(key, ballot).toCompletableFuture().join();
    clock.advance(Duration.ofMinutes(1));
    voting.cast(key, ballot).toCompletableFuture().join();

    assertThat(outcome).isInstanceOf(Voting.NotHeard.class);
    assertThat(recorded())
        .containsExactly(
            "approval:refused by mem_eve, approve, through slack, tier %d of workflow %s: not among those who are asked"
                .formatted(view.tier(), view.workflow()));
    assertThat(audit.records().getFirst().verdict()).isEqualTo(Verdict.DENY);
  }

  @Test
  void aVoteThatIsWithdrawnOnTheWayReachesNoActorAndIsOnRecord() {
    var ballot = new Ballot("1", "mem_gone", "control-plane", Decision.APPROVE, "fine");

    var outcome = voting.withdrawn(key, ballot).toCompletableFuture().join();

    assertThat(outcome).isEqualTo(new Voting.NotHeard(Refusal.NOT_ASKED, find()));
    assertThat(recorded())
        .containsExactly(
            "approval:refused by mem_gone, approve, through control-plane, tier %d of workflow %s: may not decide any more"
                .formatted(view.tier(), view.workflow()));
  }

  /** The command with it came before, and nobody knows that any more but the request. */
  @Test
  void whatCountedBeforeIsNotWithdrawn() {
    var ballot = new Ballot("1", "mem_gone", "control-plane", Decision.APPROVE, "fine");
    var voted =
        Proceedings.begin(ApprovalSamples.REQUEST, clock.instant()).voted(ballot, clock.instant());
    reply = new Standing(voted.view(key, ApprovalStatus.PENDING, 0, clock.instant(), null), null);

    assertThat(voting.withdrawn(key, ballot).toCompletableFuture().join())
        .isInstanceOf(Voting.Heard.class);
    assertThat(recorded()).isEmpty();
  }

  private void said(String by, String through, Decision decision) {
    var ballot = new Ballot("1", by, through, decision, "because");
    var voted =
        Proceedings.begin(ApprovalSamples.REQUEST, clock.instant()).voted(ballot, clock.instant());
    var now = voted.view(key, ApprovalStatus.PENDING, 0, clock.instant(), null);
    board.post(new Posting(key, now, now.version(), clock.instant()));
  }

  private void disown(OrganizationId organization, String... voters) {
    voting.disown(organization, Set.of(voters)).toCompletableFuture().join();
  }

  @Test
  void whatSomebodyApprovedAtTheEnclaveWhoHasLostTheirClientEnds() {
    said("mem_gone", "enclave", Decision.APPROVE);

    disown(agent.organization());
    disown(agent.organization(), "mem_ann");
    disown(OrganizationId.next(clock), "mem_gone");
    assertThat(reached).isEmpty();
    disown(agent.organization(), "mem_ann", "mem_gone");
    assertThat(reached).containsExactly(key);
  }

  /** A denial permits nothing, and what came by the control plane was looked at there. */
  @ParameterizedTest
  @CsvSource({"enclave,DENY", "slack,APPROVE", "control-plane,APPROVE"})
  void whatElseTheyHaveSaidStands(String through, Decision decision) {
    said("mem_gone", through, decision);

    disown(agent.organization(), "mem_gone");

    assertThat(reached).isEmpty();
  }

  @Test
  void whereItCannotBeEndedIsToldToWhoHasToTryAgain() {
    said("mem_gone", "enclave", Decision.APPROVE);
    board.outage.failNext(1);

    assertThatThrownBy(() -> disown(agent.organization(), "mem_gone"))
        .hasRootCauseMessage("database unavailable");
  }

  private ApprovalView find() {
    return voting.find(key).toCompletableFuture().join().orElseThrow();
  }

  @Test
  void whatIsNotOnTheBoardReachesNoActor() {
    var stranger = new ApprovalKey(OrganizationId.next(clock), key.approval());

    assertThat(voting.find(stranger).toCompletableFuture().join()).isEmpty();
    assertThat(voting.look(stranger, "mem_ann", "enclave").toCompletableFuture().join()).isEmpty();
    assertThat(reached).isEmpty();
    assertThat(recorded()).isEmpty();
  }
}
