package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.OrganizationId;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Who has lost a client is not forgotten before their votes have ended. */
class DisowningTest {
  private static final OrganizationId ACME = OrganizationId.next(Clock.systemUTC());
  private static final OrganizationId GLOBEX = OrganizationId.next(Clock.systemUTC());

  private final List<Set<String>> asked = new ArrayList<>();
  private CompletionStage<Void> answer = CompletableFuture.completedFuture(null);

  private final Disowning disowning =
      new Disowning((_, voters) -> {
        asked.add(voters);
        return answer;
      });

  private CompletableFuture<Void> after(
      OrganizationId organization, Set<String> lost, CompletionStage<Void> believed) {
    return disowning.once(organization, lost, () -> believed).toCompletableFuture();
  }

  private static CompletionStage<Void> done() {
    return CompletableFuture.completedFuture(null);
  }

  private static CompletionStage<Void> away() {
    return CompletableFuture.failedFuture(new IllegalStateException("away"));
  }

  @Test
  void votesEndOnceNobodyVotesSoAnyMore() {
    assertThat(after(ACME, Set.of("mem_1"), away())).isCompletedExceptionally();
    assertThat(asked).isEmpty();

    assertThat(after(ACME, Set.of("mem_1"), done())).isCompleted();

    assertThat(asked).containsExactly(Set.of("mem_1"));
  }

  /** By then the enclave believes what is new, which does not say any more who has lost what. */
  @Test
  void whoHasLostAClientIsRememberedUntilTheirVotesHaveEnded() {
    answer = away();
    assertThat(after(ACME, Set.of("mem_1", "mem_2"), done())).isCompletedExceptionally();
    assertThat(after(GLOBEX, Set.of(), done())).isCompletedExceptionally();

    answer = done();
    assertThat(after(ACME, Set.of("mem_3"), done())).isCompleted();
    assertThat(after(GLOBEX, Set.of(), done())).isCompleted();
    assertThat(after(ACME, Set.of(), done())).isCompleted();

    assertThat(asked)
        .containsExactly(
            Set.of("mem_1", "mem_2"),
            Set.of(),
            Set.of("mem_1", "mem_2", "mem_3"),
            Set.of(),
            Set.of());
  }
}
