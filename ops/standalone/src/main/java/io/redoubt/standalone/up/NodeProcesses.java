package io.redoubt.standalone.up;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The nodes of the enclave, each in a process of its own, which outlives this one if this one dies.
 * A node that ends although nobody asked it to is started again.
 */
final class NodeProcesses implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeProcesses.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /** A node that ran for so long has not failed to start. */
  private static final Duration SOUND = Duration.ofMinutes(1);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(40);
  private static final int TAIL_LINES = 5;

  /** Hears that a node has another process now. */
  interface Listener {
    void started(String node, long pid);
  }

  private final Path logs;
  private final Listener listener;
  private final List<Node> nodes = new ArrayList<>();
  private volatile boolean closed;

  /** A node and the process that is it just now. */
  private static final class Node {
    final NodeDirectory directory;
    Process process;

    Node(NodeDirectory directory, Process process) {
      this.directory = directory;
      this.process = process;
    }
  }

  NodeProcesses(Path logs, Listener listener) {
    this.logs = logs;
    this.listener = listener;
  }

  /** Starts a node; answers its process id. */
  synchronized long start(NodeDirectory directory) throws IOException {
    var node = new Node(directory, spawn(directory));
    nodes.add(node);
    return node.process.pid();
  }

  private Process spawn(NodeDirectory directory) throws IOException {
    var command = new ArrayList<String>();
    // A session of its own: an interrupt at the terminal is for us, and we stop the nodes in order.
    Path setsid = Path.of("/usr/bin/setsid");
    if (Files.isExecutable(setsid)) {
      command.add(setsid.toString());
    }
    command.add(directory.launcher().orElseGet(Detached::launcher));
    command.addAll(List.of("up", NodeCommand.NAME, directory.path().toString(), logs.toString()));
    return new ProcessBuilder(command)
        .directory(directory.path().toFile())
        .redirectInput(Path.of("/dev/null").toFile())
        .redirectOutput(console(directory).toFile())
        .redirectErrorStream(true)
        .start();
  }

  /** What the process says that is no log line: why it does not start, and crashes of the JVM. */
  private Path console(NodeDirectory directory) {
    return logs.resolve(directory.name() + "-console.log");
  }

  /** Throws, and says why, where a node has given up. */
  synchronized void requireAlive() {
    for (Node node : nodes) {
      if (!node.process.isAlive()) {
        throw new IllegalStateException(
            node.directory.name() + " does not start: " + tail(node.directory));
      }
    }
  }

  private String tail(NodeDirectory directory) {
    try {
      List<String> lines = Files.readAllLines(console(directory));
      return String.join(" ", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException _) {
      return "its log says why.";
    }
  }

  /** From now on nodes that end are started again. */
  synchronized void lookAfter() {
    for (Node node : nodes) {
      Thread.ofVirtual().name("watch-" + node.directory.name()).start(() -> lookAfter(node));
    }
  }

  private void lookAfter(Node node) {
    Duration pause = PAUSE;
    try {
      while (!closed) {
        long since = System.nanoTime();
        int code = node.process.waitFor();
        if (System.nanoTime() - since > SOUND.toNanos()) {
          pause = PAUSE;
        }
        if (closed) {
          return;
        }
        LOG.warn(
            "{} (process {}) has ended with code {}; starting it again in {} s",
            node.directory.name(),
            node.process.pid(),
            code,
            pause.toSeconds());
        Thread.sleep(pause);
        pause = min(pause.multipliedBy(2), LONGEST_PAUSE);
        again(node);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void again(Node node) {
    if (closed) {
      return;
    }
    try {
      node.process = spawn(node.directory);
      listener.started(node.directory.name(), node.process.pid());
    } catch (IOException e) {
      LOG.error("{} cannot be started: {}", node.directory.name(), e.getMessage());
    }
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** Tells all nodes to stop, and waits until they have. */
  @Override
  public void close() {
    List<Process> processes;
    synchronized (this) {
      closed = true;
      processes = nodes.stream().map(node -> node.process).toList();
    }
    processes.forEach(Process::destroy);
    long until = System.nanoTime() + STOP_LIMIT.toNanos();
    for (Process process : processes) {
      try {
        if (!process.waitFor(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS)) {
          LOG.warn("process {} did not stop in time and is ended by force", process.pid());
          process.destroyForcibly();
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        process.destroyForcibly();
      }
    }
  }

  /**
   * Stops nodes whose {@code up} has died: their keys are about to become invalid.
   *
   * @return whether there were any
   */
  static boolean stopLeftovers(DataDirectory data, Duration limit) {
    List<NodeDirectory> left =
        data.nodeDirectories().stream().filter(node -> !isFree(node)).toList();
    List<ProcessHandle> processes = left.stream().flatMap(node -> holder(node).stream()).toList();
    processes.forEach(ProcessHandle::destroy);
    long until = System.nanoTime() + limit.toNanos();
    for (NodeDirectory node : left) {
      while (!isFree(node)) {
        if (System.nanoTime() - until > 0) {
          holder(node).ifPresent(ProcessHandle::destroyForcibly);
          until = System.nanoTime() + limit.toNanos();
        }
        pause(node);
      }
    }
    // They let go of the lock a moment before they end.
    processes.forEach(process -> {
      try {
        process.onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
      } catch (ExecutionException | TimeoutException _) {
        process.destroyForcibly();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    });
    return !left.isEmpty();
  }

  private static void pause(NodeDirectory node) {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(
          ExitCode.FAILED, "Interrupted while " + node.name() + " was stopping.", e);
    }
  }

  private static Optional<ProcessHandle> holder(NodeDirectory node) {
    return InstanceLock.holder(node.lock()).flatMap(ProcessHandle::of);
  }

  private static boolean isFree(NodeDirectory node) {
    Optional<InstanceLock> lock = InstanceLock.tryTake(node.lock());
    lock.ifPresent(InstanceLock::close);
    return lock.isPresent();
  }
}
