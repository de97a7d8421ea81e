package io.redoubt.approval;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.agent.AgentKey;
import io.redoubt.entity.Patience;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalTier.OnTimeout;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.testing.InMemoryApprovalBoard;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is left on the board when a node dies before the actor's first word gets there. */
class ApprovalDeskTest {
  private final ManualClock clock = new ManualClock();
  private final InMemoryApprovalBoard board = new InMemoryApprovalBoard();
  private final AgentKey agent = new AgentKey(OrganizationId.next(clock), AgentId.next(clock));

  /** Until somebody looks, nobody sees the request, and nobody knows of its deadline. */
  @ParameterizedTest
  @CsvSource({"900,2", "1,1"})
  void itIsLookedAtSoonAndNotAfterItsFirstDeadline(int timeLimit, int lookedAtAfter) {
    var desk =
        new ApprovalDesk(
            (_, _) -> new CompletableFuture<>(),
            board,
            ApprovalConfig.from(ConfigFactory.load()),
            new Patience(clock, Duration.ofSeconds(5)));
    var tier =
        new ApprovalTier(
            ApprovalTier.Kind.HUMAN, List.of(), 1, timeLimit, OnTimeout.DENY, true, false);
    var request =
        new ApprovalRequest(
            "f00d",
            agent.agent(),
            null,
            Plane.LLM,
            "llm:generate",
            null,
            "model",
            "beef",
            List.of("ask"),
            1,
            0,
            ActionId.next(clock),
            null,
            null,
            List.of(new ApprovalWorkflow("quick", List.of(tier), 1, 60)));

    desk.ask(agent, request, null);

    var look = clock.instant().plusSeconds(lookedAtAfter);
    assertThat(board.due(look.minusMillis(1), 9).toCompletableFuture().join()).isEmpty();
    assertThat(board.due(look, 9).toCompletableFuture().join()).hasSize(1);
  }
}
