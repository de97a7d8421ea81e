package io.redoubt.policy;

import io.redoubt.content.ContentRules;
import io.redoubt.protocol.id.OrganizationId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The policies in this node's memory. A newer set takes the place of an older one at once, whole.
 * None decides before the node knows what its cluster runs.
 */
public final class LivePolicies implements Policies {
  private final Map<OrganizationId, Optional<Running>> running = new ConcurrentHashMap<>();

  /** What an action that was decided a moment ago may have been decided by. */
  private final Map<OrganizationId, Contents> before = new ConcurrentHashMap<>();

  private volatile boolean settled;

  @Override
  public Optional<Running> of(OrganizationId organization) {
    return settled ? running.getOrDefault(organization, Optional.empty()) : Optional.empty();
  }

  @Override
  public Contents contents(OrganizationId organization) {
    return of(organization).map(Running::contents).orElse(Contents.NONE);
  }

  @Override
  public Optional<ContentRules> contents(OrganizationId organization, long version) {
    return Stream.of(contents(organization), before.getOrDefault(organization, Contents.NONE))
        .filter(it -> it.version() == version)
        .map(Contents::rules)
        .findFirst();
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
            (current, offered) -> {
              if (current.filter(it -> it.version() >= next.version()).isPresent()) {
                return current;
              }
              current.ifPresent(it -> before.put(organization, it.contents()));
              return offered;
            })
        .orElseThrow();
  }
}
