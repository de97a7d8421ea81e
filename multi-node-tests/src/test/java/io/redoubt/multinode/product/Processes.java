package io.redoubt.multinode.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Signals to processes that the fixture itself has started, by number. */
final class Processes {
  private Processes() {}

  /** The process and everything below it. */
  static List<Long> tree(long pid) {
    return ProcessHandle.of(pid).stream()
        .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
        .map(ProcessHandle::pid)
        .toList();
  }

  static boolean alive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  /** One call of {@code kill} for all, so that they go down at the same moment. */
  static void signal(String signal, Collection<Long> pids) {
    var command = new ArrayList<>(List.of("kill", "-" + signal));
    pids.stream().filter(Processes::alive).map(String::valueOf).forEach(command::add);
    if (command.size() == 2) {
      return;
    }
    try {
      var kill = new ProcessBuilder(command).redirectErrorStream(true).start();
      assertThat(kill.waitFor(5, TimeUnit.SECONDS)).as("kill ends").isTrue();
    } catch (IOException e) {
      throw new IllegalStateException("kill cannot be run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  static void awaitGone(Collection<Long> pids) {
    await("the processes " + pids + " are gone")
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> pids.stream().noneMatch(Processes::alive));
  }
}
