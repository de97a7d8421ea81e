package io.redoubt.policy;

import io.redoubt.protocol.id.OrganizationId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The policies in this node's memory. A newer set takes the place of an older one at once, whole.
 * None decides before the node knows what its cluster runs.
 */
public final class LivePolicies implements Policies {
  private final Map<OrganizationId, Optional<Running>> running = new ConcurrentHashMap<>();
  private volatile boolean settled;

  @Override
  public Optional<Running> of(OrganizationId organization) {
    return settled ? running.getOrDefault(organization, Optional.empty()) : Optional.empty();
  }

  /** Whether the node knows what its cluster runs. */
  public boolean isSettled() {
    return settled;
  }

  /** From now on they decide: everything that was said to be run everywhere is among them. */
  public void settle() {
    settled = true;
  }

  /**
   * Decides by this from now on, unless what runs is as new or newer.
   *
   * @return what decides now
   */
  public Running run(OrganizationId organization, Running next) {
    return running
        .merge(
            organization,
            Optional.of(next),
            (current, offered) ->
                current.filter(it -> it.version() >= next.version()).isPresent()
                    ? current
                    : offered)
        .orElseThrow();
  }
}
