package io.redoubt.approval;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Standing;
import io.redoubt.approval.ApprovalBoard.Limits;
import io.redoubt.approval.ApprovalBoard.Opening;
import io.redoubt.entity.Patience;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.testing.FakePolicies;
import io.redoubt.testing.InMemoryApprovalBoard;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
  private final Voting voting =
      new Voting(
          (asked, _) -> {
            reached.add(asked);
            return CompletableFuture.completedFuture(new Standing(view, null));
          },
          board,
          new FakePolicies(),
          new ApprovalDesk(
              (_, _) -> new CompletableFuture<>(),
              board,
              ApprovalConfig.from(ConfigFactory.load()),
              new Patience(clock, Duration.ofSeconds(5))),
          (_, _, _) -> new CompletableFuture<>(),
          clock);

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

  @Test
  void whatIsNotOnTheBoardReachesNoActor() {
    var stranger = new ApprovalKey(OrganizationId.next(clock), key.approval());

    assertThat(voting.find(stranger).toCompletableFuture().join()).isEmpty();
    assertThat(reached).isEmpty();
  }
}
