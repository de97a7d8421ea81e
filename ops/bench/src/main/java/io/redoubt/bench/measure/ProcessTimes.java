package io.redoubt.bench.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Processor time of one process, in clock ticks of 1/100 s (proc(5), {@code /proc/<pid>/stat}).
 *
 * @param own user and system time of all its threads, ended ones too
 * @param waitedFor the same of its children that ended and were waited for
 */
record ProcessTimes(long pid, long parent, long own, long waitedFor) {
  static final long NANOS_PER_TICK = 10_000_000;
  private static final Path PROC = Path.of("/proc");

  long ticks() {
    return own + waitedFor;
  }

  /** Reads a line of {@code stat}. The name, in parentheses, may hold blanks and parentheses. */
  static ProcessTimes parse(String line) {
    String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
    // fields[0] is field 3 of the manual page, the state.
    return new ProcessTimes(
        Long.parseLong(line.substring(0, line.indexOf(' '))),
        Long.parseLong(fields[1]),
        Long.parseLong(fields[11]) + Long.parseLong(fields[12]),
        Long.parseLong(fields[13]) + Long.parseLong(fields[14]));
  }

  /** Empty if there is no such process, or no longer. */
  static Optional<ProcessTimes> of(long pid) {
    try {
      return Optional.of(parse(Files.readString(PROC.resolve(Long.toString(pid)).resolve("stat"))));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /** The living children of a process. */
  static Stream<ProcessTimes> childrenOf(long pid) {
    try (var entries = Files.list(PROC)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> Character.isDigit(name.charAt(0)))
          .flatMap(name -> of(Long.parseLong(name)).stream())
          .filter(times -> times.parent() == pid)
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
