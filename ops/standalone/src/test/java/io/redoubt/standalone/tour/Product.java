package io.redoubt.standalone.tour;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.settings.RuntimeFile;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** The packaged product in an empty directory, as somebody types it: {@code bin/redoubt …}. */
final class Product {
  private static final int[] PORTS = {8443, 8444, 8445, 8446, 8447, 8558, 25_432, 25_520};
  private static final long LIMIT_SECONDS = 180;

  /**
   * Processes live for a minute here: their machine code would be made twice, and the second never
   * come to use, while two tours wait for the processors.
   */
  static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1";

  /** By tours that run at the same time. */
  private static final Set<Integer> TAKEN = ConcurrentHashMap.newKeySet();

  /** What a command said. */
  record Said(int code, String out, String err) {
    JsonNode json() {
      try {
        return Json.LENIENT.readTree(out);
      } catch (IOException e) {
        throw new UncheckedIOException(this.toString(), e);
      }
    }
  }

  private final Path directory;
  private final Path launcher;
  private final int portOffset;

  Product(Path directory) {
    this.directory = directory;
    this.launcher = Path.of(System.getProperty("redoubt.distribution"), "bin", "redoubt");
    this.portOffset = freeOffset();
  }

  int portOffset() {
    return portOffset;
  }

  Path directory() {
    return directory;
  }

  Path data() {
    return directory.resolve(".redoubt");
  }

  RuntimeFile runtime() throws IOException {
    return RuntimeFile.read(data()).orElseThrow();
  }

  Said up(String... options) {
    return up(Map.of(), options);
  }

  Said up(Map<String, String> environment, String... options) {
    var words = new ArrayList<>(List.of("up", "--demo", "--detach", "--port-offset"));
    words.add(Integer.toString(portOffset));
    words.addAll(List.of(options));
    return type(environment, words.toArray(String[]::new));
  }

  Said type(String... words) {
    return type(Map.of(), words);
  }

  /** Runs a command with little more in its environment than what everybody has. */
  Said type(Map<String, String> environment, String... words) {
    try {
      Path out = Files.createTempFile(directory, "said-", ".out");
      Path err = Files.createTempFile(directory, "said-", ".err");
      Process process = start(environment, out, err, words);
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(String.join(" ", words) + " did not end in time");
      }
      var said = new Said(process.exitValue(), Files.readString(out), Files.readString(err));
      Files.delete(out);
      Files.delete(err);
      return said;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  Process start(Map<String, String> environment, Path out, Path err, String... words)
      throws IOException {
    var command = new ArrayList<String>();
    command.add(launcher.toString());
    command.addAll(List.of(words));
    var builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    var bare = new HashMap<String, String>();
    bare.put("PATH", System.getenv("PATH"));
    bare.put("HOME", directory.toString());
    bare.put("REDOUBT_JAVA_OPTS", SHORT_LIVED);
    bare.putAll(environment);
    builder.environment().clear();
    builder.environment().putAll(bare);
    return builder.start();
  }

  /**
   * Ends the servers without a word; the database outlives them, and so do nodes in processes of
   * their own.
   */
  void killServers() throws IOException {
    ProcessHandle.of(runtime().controlPlanePid())
        .ifPresent(servers -> {
          servers.destroyForcibly();
          servers.onExit().join();
        });
  }

  /** As a power cut would: no part gets to say goodbye. */
  void killEverything() throws IOException {
    RuntimeFile runtime = runtime();
    var victims = new ArrayList<ProcessHandle>();
    ProcessHandle.of(runtime.controlPlanePid()).ifPresent(victims::add);
    runtime.enclaves().forEach(node -> ProcessHandle.of(node.pid()).ifPresent(victims::add));
    if (runtime.postgresPid() != null) {
      ProcessHandle.of(runtime.postgresPid())
          .ifPresent(postmaster -> {
            victims.add(postmaster);
            postmaster.descendants().forEach(victims::add);
          });
    }
    victims.forEach(ProcessHandle::destroyForcibly);
    victims.forEach(victim -> victim.onExit().join());
  }

  /** In tens: no two of them have a port in common. */
  private static int freeOffset() {
    for (int attempt = 0; attempt < 100; attempt++) {
      int offset = 10 * ThreadLocalRandom.current().nextInt(10, 600);
      if (allFree(offset) && TAKEN.add(offset)) {
        return offset;
      }
    }
    throw new AssertionError("no free ports");
  }

  private static boolean allFree(int offset) {
    for (int port : PORTS) {
      try (var socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port + offset));
      } catch (IOException e) {
        return false;
      }
    }
    return true;
  }
}
