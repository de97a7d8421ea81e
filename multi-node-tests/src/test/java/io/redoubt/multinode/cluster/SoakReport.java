package io.redoubt.multinode.cluster;

import io.redoubt.multinode.product.Seed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What a soak has found so far, as a page of Markdown that grows round by round. */
final class SoakReport {

  /** In which a client that tries again is to be served, whatever broke. */
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** These take more than one node's work away for longer than that. */
  private static final Set<Mishap> OF_SEVERAL =
      Set.of(Mishap.TWO_NODES_KILLED, Mishap.NEWCOMER_ALONE_WITH_THE_DATABASE);

  private final Path file;
  private final Clock clock;
  private final List<Round.Result> results = new ArrayList<>();

  SoakReport(Path file, Duration planned, Clock clock) {
    this.file = file;
    this.clock = clock;
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, head(planned));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String head(Duration planned) {
    return """
    # Soak of three nodes

    Begun %s, planned for %d minutes, seed `%d`; %d processors, shared with the clients.
    `multi-node-tests/soak --minutes %d --seed %d` repeats the schedule.

    Each round breaks one thing while ten agents rotate and four of them call models, two more are isolated and
    released in turn with a stream open, and six refresh tokens are spent three times at once. *Recovered*: from the end
    of the mishap until every node is ready and everybody is served. *Within 20 s*: how many of the wishes of clients
    that commit to their successor and try again, at whichever node is next, were granted in that time.

    | # | mishap | node | lasted | recovered | rotations (unknown) | calls (refused) | isolations | within 20 s | longest | violations |
    |--:|---|---|--:|--:|--:|--:|---|--:|--:|--:|
    """
        .formatted(
            clock.instant().truncatedTo(ChronoUnit.SECONDS),
            planned.toMinutes(),
            Seed.value(),
            Runtime.getRuntime().availableProcessors(),
            planned.toMinutes(),
            Seed.value());
  }

  void add(Round.Result result) {
    results.add(result);
    append(
        String.format(
            Locale.ROOT,
            "| %d | %s | %s | %s | %s | %d (%d) | %d (%d) | %s | %.2f %% | %s | %d |%n",
            results.size(),
            result.mishap().title(),
            result.victim(),
            seconds(result.lasted()),
            seconds(result.recovered()),
            result.granted(),
            result.maybe(),
            result.permitted(),
            result.refused(),
            result.isolations(),
            result.percentWithin(LIMIT),
            seconds(result.longestWait()),
            result.violations().size()));
  }

  /** A round that did not come to its end. */
  void add(Mishap mishap, Throwable failure) {
    append(
        String.format(
            Locale.ROOT,
            "| – | %s | – | – | – | – | – | – | – | – | broken off: %s |%n",
            mishap.title(),
            String.valueOf(failure.getMessage()).lines().findFirst().orElse("")));
  }

  void finish() {
    long granted = results.stream().mapToLong(Round.Result::granted).sum();
    long permitted = results.stream().mapToLong(Round.Result::permitted).sum();
    long wishes = results.stream().mapToLong(it -> it.waits().size()).sum();
    long within =
        results.stream()
            .flatMap(it -> it.waits().stream())
            .filter(wait -> wait.compareTo(LIMIT) <= 0)
            .count();
    List<Duration> recoveries =
        results.stream().map(Round.Result::recovered).sorted().collect(Collectors.toList());
    append(
        String.format(
            Locale.ROOT,
            "%nEnded %s after %d rounds: %d rotations granted, %d model calls permitted;"
                + " %.3f %% of %d wishes granted within 20 s; recovery took %s in the middle and %s"
                + " at most; %d violations.%n",
            clock.instant().truncatedTo(ChronoUnit.SECONDS),
            results.size(),
            granted,
            permitted,
            wishes == 0 ? 0 : 100.0 * within / wishes,
            wishes,
            recoveries.isEmpty() ? "–" : seconds(recoveries.get(recoveries.size() / 2)),
            recoveries.isEmpty() ? "–" : seconds(recoveries.getLast()),
            violations().size()));
    violations().forEach(violation -> append("%n* %s".formatted(violation)));
  }

  List<String> violations() {
    return results.stream().flatMap(result -> result.violations().stream()).toList();
  }

  /** Rounds in which one node was lost at most, and too many waited for too long all the same. */
  List<String> slow() {
    return results.stream()
        .filter(result -> !OF_SEVERAL.contains(result.mishap()))
        .filter(result -> result.percentWithin(LIMIT) < 99)
        .map(
            result -> "%s: %.2f %%".formatted(result.mishap().title(), result.percentWithin(LIMIT)))
        .toList();
  }

  private static String seconds(Duration span) {
    return String.format(Locale.ROOT, "%.1f s", span.toMillis() / 1000.0);
  }

  private void append(String text) {
    try {
      Files.writeString(file, text, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
