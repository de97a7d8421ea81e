package io.redoubt.agent;

import io.redoubt.protocol.id.IsolationId;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An agent's isolations (G3). Those that were lifted are remembered for a while, so that an old
 * isolate that comes late does not stop the agent again.
 *
 * @param standing oldest first
 * @param lifted oldest first
 */
record Isolations(List<Standing> standing, List<Lifted> lifted) {
  static final int STANDING_LIMIT = 32;
  static final int LIFTED_LIMIT = 64;
  static final Isolations NONE = new Isolations(List.of(), List.of());

  /** One that stands. */
  record Standing(IsolationId id, Instant at) {}

  /** One that stood. */
  record Lifted(IsolationId id, Instant at, Instant liftedAt) {}

  Isolations {
    standing = List.copyOf(standing);
    lifted = List.copyOf(lifted);
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
        Stream.concat(standing.stream(), Stream.of(new Standing(id, at))).toList(), lifted);
  }

  Isolations without(Set<IsolationId> ids, Instant at) {
    var remembered =
        Stream.concat(
                lifted.stream(),
                standing.stream()
                    .filter(each -> ids.contains(each.id()))
                    .map(each -> new Lifted(each.id(), each.at(), at)))
            .toList();
    return new Isolations(
        standing.stream().filter(each -> !ids.contains(each.id())).toList(),
        Bounded.newest(remembered, LIFTED_LIMIT));
  }
}
