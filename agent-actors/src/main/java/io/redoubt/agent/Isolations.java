package io.redoubt.agent;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.ReleaseId;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An agent's isolations (G3). Those that were lifted are remembered for a while, so that an old
 * isolate that comes late does not stop the agent again.
 *
 * @param standing oldest first
 * @param lifted oldest first
 * @param releases what requests that named none have lifted, oldest first
 */
record Isolations(
    List<Standing> standing,
    List<Lifted> lifted,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Answered> releases) {
  static final int STANDING_LIMIT = 32;
  static final int LIFTED_LIMIT = 64;
  static final int RELEASES_LIMIT = 16;
  static final Isolations NONE = new Isolations(List.of(), List.of(), List.of());

  /** One that stands. */
  record Standing(IsolationId id, Instant at) {}

  /** One that stood. */
  record Lifted(IsolationId id, Instant at, Instant liftedAt) {}

  /** A release that may be repeated, and what it has lifted. */
  record Answered(ReleaseId request, Set<IsolationId> ids) {}

  /** Snapshots of before there were {@code releases} have none. */
  Isolations(List<Standing> standing, List<Lifted> lifted, @Nullable List<Answered> releases) {
    this.standing = List.copyOf(standing);
    this.lifted = List.copyOf(lifted);
    this.releases = releases == null ? List.of() : List.copyOf(releases);
  }

  boolean stand() {
    return !standing.isEmpty();
  }

  boolean full() {
    return standing.size() >= STANDING_LIMIT;
  }

  List<IsolationId> ids() {
    return standing.stream().map(Standing::id).toList();
  }

  /** Which of these stand. */
  Set<IsolationId> standing(Set<IsolationId> ids) {
    return standing.stream()
        .map(Standing::id)
        .filter(ids::contains)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** When that isolation was made, if it stands or is remembered. */
  Optional<Instant> madeAt(IsolationId id) {
    return Stream.concat(
            standing.stream().filter(each -> each.id().equals(id)).map(Standing::at),
            lifted.stream().filter(each -> each.id().equals(id)).map(Lifted::at))
        .findFirst();
  }

  /** Which of these stand or are remembered. */
  List<IsolationId> known(Set<IsolationId> ids) {
    return Stream.concat(standing.stream().map(Standing::id), lifted.stream().map(Lifted::id))
        .filter(ids::contains)
        .toList();
  }

  /** Whether each of these stands or is remembered. */
  boolean know(Set<IsolationId> ids) {
    return known(ids).size() == ids.size();
  }

  /** The last that was lifted, if any was. */
  Optional<IsolationId> newestLifted() {
    return lifted.isEmpty() ? Optional.empty() : Optional.of(lifted.getLast().id());
  }

  /** When the last of these was lifted, if any was. */
  Optional<Instant> liftedAt(Set<IsolationId> ids) {
    return lifted.stream()
        .filter(each -> ids.contains(each.id()))
        .map(Lifted::liftedAt)
        .max(Comparator.naturalOrder());
  }

  Isolations with(IsolationId id, Instant at) {
    return new Isolations(
        Stream.concat(standing.stream(), Stream.of(new Standing(id, at))).toList(),
        lifted,
        releases);
  }

  /** What that request has lifted, if it came before and is remembered. */
  Optional<Set<IsolationId>> liftedBy(@Nullable ReleaseId request) {
    return releases.stream()
        .filter(each -> each.request().equals(request))
        .map(Answered::ids)
        .findFirst();
  }

  Isolations released(@Nullable ReleaseId request, Set<IsolationId> ids, Instant at) {
    var without = without(ids, at);
    return request == null
        ? without
        : new Isolations(
            without.standing(),
            without.lifted(),
            Bounded.newest(
                Stream.concat(releases.stream(), Stream.of(new Answered(request, ids))).toList(),
                RELEASES_LIMIT));
  }

  private Isolations without(Set<IsolationId> ids, Instant at) {
    var remembered =
        Stream.concat(
                lifted.stream(),
                standing.stream()
                    .filter(each -> ids.contains(each.id()))
                    .map(each -> new Lifted(each.id(), each.at(), at)))
            .toList();
    return new Isolations(
        standing.stream().filter(each -> !ids.contains(each.id())).toList(),
        Bounded.newest(remembered, LIFTED_LIMIT),
        releases);
  }
}
