package io.redoubt.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import redis.embedded.RedisServer;

/** A real Redis on this machine that keeps nothing on disk and can be stopped and paused. */
public final class TestRedis implements AutoCloseable {
  private static final int MOST_ATTEMPTS = 5;
  private static final List<String> SHARED = List.of("save \"\"", "appendonly no");

  private final int plainPort = freePort();
  private final int port;
  private final List<String> settings;
  private RedisServer server;
  private long pid;

  private TestRedis(Optional<Integer> tlsPort, List<String> settings) {
    this.port = tlsPort.orElse(plainPort);
    this.settings = settings;
    this.server = launch();
  }

  /** Starts one on any free port. */
  public static TestRedis start(String... settings) {
    return onFreePort(() -> new TestRedis(Optional.empty(), List.of(settings)));
  }

  /** A port that was free a moment ago may be where somebody else's connection begins by now. */
  private static TestRedis onFreePort(Supplier<TestRedis> start) {
    for (int attempt = 1; ; attempt++) {
      try {
        return start.get();
      } catch (UncheckedIOException e) {
        if (attempt == MOST_ATTEMPTS || !isTaken(e)) {
          throw e;
        }
      }
    }
  }

  private static boolean isTaken(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (String.valueOf(cause.getMessage()).contains("Address already in use")) {
        return true;
      }
    }
    return false;
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts one whose port speaks TLS. */
  public static TestRedis startTls(Path certificate, Path privateKey, Path authorities) {
    return onFreePort(() -> {
      int tlsPort = freePort();
      return new TestRedis(
          Optional.of(tlsPort),
          List.of(
              "tls-port " + tlsPort,
              "tls-cert-file " + certificate.toAbsolutePath(),
              "tls-key-file " + privateKey.toAbsolutePath(),
              "tls-ca-cert-file " + authorities.toAbsolutePath(),
              "tls-auth-clients no"));
    });
  }

  private RedisServer launch() {
    try {
      var builder = RedisServer.newRedisServer().port(plainPort).bind("127.0.0.1");
      SHARED.forEach(builder::setting);
      settings.forEach(builder::setting);
      RedisServer fresh = builder.build();
      Set<Long> others = processes();
      fresh.start();
      pid = processes().stream().filter(it -> !others.contains(it)).findFirst().orElseThrow();
      return fresh;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<Long> processes() {
    return ProcessHandle.current()
        .children()
        .filter(child -> child.info().command().orElse("").contains("redis-server"))
        .map(ProcessHandle::pid)
        .collect(Collectors.toSet());
  }

  public int port() {
    return port;
  }

  /** Ends it; it forgets everything. */
  public void stop() {
    try {
      server.stop();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** After it was stopped. */
  public void startAgain() {
    server = launch();
  }

  /** {@code SIGSTOP}: it takes connections and says nothing. */
  public void pause() {
    signal("-STOP");
  }

  public void resume() {
    signal("-CONT");
  }

  private void signal(String signal) {
    try {
      Process kill = new ProcessBuilder("kill", signal, Long.toString(pid)).start();
      if (!kill.waitFor(5, TimeUnit.SECONDS) || kill.exitValue() != 0) {
        throw new IllegalStateException("kill " + signal + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (server.isActive()) {
      resume();
      stop();
    }
  }
}
