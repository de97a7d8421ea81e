package io.redoubt.enclave.link;

import io.redoubt.protocol.id.OrganizationId;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Ends the votes of those who have lost a client. Who that is, is told by what was believed before;
 * so it is remembered here until their votes have ended, however often that fails.
 */
final class Disowning {
  /** Ends what these have approved. */
  @FunctionalInterface
  interface Votes {
    CompletionStage<Void> disown(OrganizationId organization, Set<String> voters);
  }

  private final Votes votes;
  private final Map<OrganizationId, Set<String>> outstanding = new ConcurrentHashMap<>();

  /** Nobody has lost anything yet. */
  Disowning(Votes votes) {
    this.votes = votes;
  }

  /**
   * Ends their votes once nobody votes as they did any more.
   *
   * @param lost who has lost a client, as far as that can be told now
   * @param believed makes it so that nothing more is said through it
   */
  CompletionStage<Void> once(
      OrganizationId organization, Set<String> lost, Supplier<CompletionStage<Void>> believed) {
    outstanding.merge(organization, Set.copyOf(lost), Disowning::union);
    return believed.get().thenCompose(_ -> disown(organization));
  }

  private CompletionStage<Void> disown(OrganizationId organization) {
    var voters = outstanding.getOrDefault(organization, Set.of());
    return votes
        .disown(organization, voters)
        .thenRun(() -> outstanding.remove(organization, voters));
  }

  private static Set<String> union(Set<String> one, Set<String> other) {
    var all = new HashSet<>(one);
    all.addAll(other);
    return Set.copyOf(all);
  }
}
