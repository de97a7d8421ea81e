package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Measured;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** nginx as a bare reverse proxy: no check, no record, no log. The yardstick. */
final class Nginx implements AutoCloseable {
  private static final int CONNECT_ATTEMPTS = 50;

  private final Process process;
  private final Path directory;
  private final InetSocketAddress address;

  private Nginx(Process process, Path directory, InetSocketAddress address) {
    this.process = process;
    this.directory = directory;
    this.address = address;
  }

  /** Where it is installed, if it is. */
  static Optional<Path> installed() {
    String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin";
    return Stream.of(path.split(":", -1))
        .map(directory -> Path.of(directory, "nginx"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static Nginx start(Path executable, int upstreamPort) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("redoubt-bench-nginx-");
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Path config = directory.resolve("nginx.conf");
    Files.writeString(
        config,
        """
        daemon off;
        worker_processes 1;
        pid %1$s/pid;
        error_log stderr error;
        events { worker_connections 2048; }
        http {
          access_log off;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          keepalive_requests 10000000;
          upstream bench { server 127.0.0.1:%2$d; keepalive 256; keepalive_requests 10000000; }
          server {
            listen 127.0.0.1:%3$d backlog=4096;
            location / {
              proxy_pass http://bench;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_buffering off;
            }
          }
        }
        """
            .formatted(directory, upstreamPort, port));
    Process process =
        new ProcessBuilder(executable.toString(), "-c", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("out").toFile())
            .start();
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    var nginx = new Nginx(process, directory, address);
    nginx.awaitListening();
    return nginx;
  }

  private void awaitListening() throws IOException, InterruptedException {
    for (int i = 0; i < CONNECT_ATTEMPTS; i++) {
      try (var socket = new Socket()) {
        socket.connect(address);
        return;
      } catch (IOException _) {
        if (process.waitFor(100, TimeUnit.MILLISECONDS)) {
          break;
        }
      }
    }
    close();
    throw new IOException("nginx did not start; see " + directory);
  }

  InetSocketAddress address() {
    return address;
  }

  Measured measured() {
    return new Measured("nginx", java.util.List.of(process.pid()), true, true);
  }

  @Override
  public void close() {
    process.destroy();
  }
}
