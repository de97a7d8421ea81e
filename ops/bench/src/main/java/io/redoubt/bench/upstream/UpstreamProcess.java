package io.redoubt.bench.upstream;

import io.redoubt.bench.measure.Measured;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** The upstream in a process of its own; it ends with whoever started it. */
public final class UpstreamProcess implements AutoCloseable {
  private final Process process;
  private final int port;

  private UpstreamProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  public static UpstreamProcess start() throws IOException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx128m",
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Upstream.class.getName()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var reader =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String port = reader.readLine();
    if (port == null) {
      throw new IOException("the upstream did not start");
    }
    return new UpstreamProcess(process, Integer.parseInt(port));
  }

  public int port() {
    return port;
  }

  public InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  public Measured measured() {
    return Measured.helper("upstream", process.pid());
  }

  @Override
  public void close() {
    process.destroy();
  }
}
