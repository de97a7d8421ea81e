package io.redoubt.policy;

import io.redoubt.content.ContentRules;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
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

  /** No action is decided for so long, and its reply then begun. */
  private static final Duration REMEMBERED = Duration.ofMinutes(2);

  /** However often somebody publishes. */
  private static final int MOST_REMEMBERED = 16;

  /** What decided until a moment ago. */
  private record Earlier(Contents contents, Instant until) {}

  /** What an action that was decided a moment ago may have been decided by, newest first. */
  private final Map<OrganizationId, List<Earlier>> before = new ConcurrentHashMap<>();

  private final InstantSource clock;

  private volatile boolean settled;

  /**
   * None yet.
   *
   * @param clock by which earlier ones are forgotten
   */
  public LivePolicies(InstantSource clock) {
    this.clock = clock;
  }

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
    return Stream.concat(
            Stream.of(contents(organization)),
            before.getOrDefault(organization, List.of()).stream().map(Earlier::contents))
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
              current.ifPresent(it -> remember(organization, it.contents()));
              return offered;
            })
        .orElseThrow();
  }

  /** Somebody may publish several times while one call waits; they are not kept for ever. */
  private void remember(OrganizationId organization, Contents contents) {
    var now = clock.instant();
    before.compute(
        organization,
        (_, earlier) ->
            Stream.concat(
                    Stream.of(new Earlier(contents, now)),
                    Stream.ofNullable(earlier)
                        .flatMap(List::stream)
                        .filter(it -> it.until().isAfter(now.minus(REMEMBERED))))
                .limit(MOST_REMEMBERED)
                .toList());
  }
}
