package io.redoubt.persistence.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** The server's programs, unpacked once from the class path. */
final class Binaries {
  static final String VERSION = "18.6";
  private static final String ARCHIVE = "/postgres-linux-x86_64.txz";

  private Binaries() {}

  /**
   * Unpacks the programs below {@code parent}, unless they are there already.
   *
   * @return the directory that has {@code bin}
   */
  static Path unpack(Path parent) throws IOException {
    Path home = parent.resolve("postgres-" + VERSION);
    if (Files.isDirectory(home)) {
      return home;
    }
    Files.createDirectories(parent);
    Path unfinished = Files.createTempDirectory(parent, "unpacking-");
    try (InputStream archive = Binaries.class.getResourceAsStream(ARCHIVE)) {
      if (archive == null) {
        throw new IOException(
            "PostgreSQL's programs are not on the class path; they exist for Linux on x86-64 only."
                + " Use a server of your own by its URL.");
      }
      extract(archive, unfinished);
      Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxr-xr-x"));
      // Whole or not at all: a half-unpacked directory never bears the final name.
      Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      Trees.delete(unfinished);
      // Another process may have been first.
      if (!Files.isDirectory(home)) {
        throw e;
      }
    }
    return home;
  }

  private static void extract(InputStream archive, Path target) throws IOException {
    try (var tar =
        new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(archive, 1 << 16)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path path = target.resolve(entry.getName()).normalize();
        if (!path.startsWith(target)) {
          throw new IOException("an archive entry points outside: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(path);
        } else if (isNeeded(path)) {
          Files.createDirectories(path.getParent());
          write(tar, entry, path);
        }
      }
    }
  }

  private static void write(TarArchiveInputStream tar, TarArchiveEntry entry, Path path)
      throws IOException {
    if (entry.isSymbolicLink()) {
      // The archive's links name a neighbour and nothing else.
      if (entry.getLinkName().contains("/")) {
        throw new IOException("an archive link points elsewhere: " + entry.getName());
      }
      Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
    } else {
      Files.copy(tar, path);
      boolean executable = (entry.getMode() & 0100) != 0;
      Files.setPosixFilePermissions(
          path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    }
  }

  /** Static libraries and build files are a third of the whole and no server reads them. */
  private static boolean isNeeded(Path path) {
    String text = path.toString();
    return !text.endsWith(".a") && !text.contains("/pkgconfig/") && !text.contains("/pgxs/");
  }
}
