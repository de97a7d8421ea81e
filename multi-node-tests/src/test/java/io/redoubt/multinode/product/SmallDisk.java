package io.redoubt.multinode.product;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A small disk of its own under PostgreSQL, in memory, that a test may fill. Only the product's
 * processes see it: they live in a mount namespace, which needs no privilege where the kernel lets
 * everybody have user namespaces.
 */
public final class SmallDisk implements Product.Wiring {
  private static final String SIZE = "384m";
  private static final int PIECE = 1 << 20;

  /** Whether this machine lets us make one. */
  public static boolean possible() {
    try {
      var command =
          List.of(
              "unshare",
              "--user",
              "--map-root-user",
              "--mount",
              "mount",
              "-t",
              "tmpfs",
              "disk",
              "/tmp");
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void lay(Path directory, Product.Ports ports) {
    try {
      Files.createDirectories(directory.resolve("postgres"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public List<String> prefix(Path directory) {
    return List.of(
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        "mount -t tmpfs -o size=" + SIZE + " disk \"$0\" && exec \"$@\"",
        directory.resolve("postgres").toString());
  }

  /** Takes what is left of it, to the last byte, until closed. */
  public Full fill(Product product) {
    Path ballast = product.postgres().resolve("ballast");
    var full = new Full(ballast);
    full.takeTheRest();
    return full;
  }

  /** A disk without a free byte. */
  public static final class Full implements AutoCloseable {
    private final Path ballast;

    private Full(Path ballast) {
      this.ballast = ballast;
    }

    private void takeTheRest() {
      try (OutputStream out = Files.newOutputStream(ballast)) {
        for (int piece = PIECE; piece > 0; ) {
          piece = write(out, new byte[piece]) ? piece : piece / 2;
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static boolean write(OutputStream out, byte[] bytes) {
      try {
        out.write(bytes);
        return true;
      } catch (IOException _) {
        return false;
      }
    }

    @Override
    public void close() {
      try {
        Files.delete(ballast);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
