package io.redoubt.cli.settings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** Files that only their owner may read, written whole or not at all. */
public final class PrivateFiles {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> OWNER_ONLY_DIRECTORY =
      PosixFilePermissions.fromString("rwx------");

  private PrivateFiles() {}

  /** Replaces the file in one step: a reader sees the old text or the new, never a part. */
  public static void write(Path file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Replaces the file in one step, mode 0600 from its first byte on. */
  public static void write(Path file, byte[] content) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Path fresh =
        Files.createTempFile(
            directory,
            "." + file.getFileName(),
            ".new",
            PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    try {
      Files.write(fresh, content);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** Makes the directory and those above it; the last one is its owner's alone. */
  public static Path directory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Path parent = directory.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      try {
        Files.createDirectory(
            directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY_DIRECTORY));
      } catch (java.nio.file.FileAlreadyExistsException e) {
        if (!Files.isDirectory(directory)) {
          throw e;
        }
      }
    }
    return directory;
  }

  /** Makes the directory that the file will be in, its owner's alone. */
  public static void directoryOf(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      directory(parent);
    }
  }

  /** Whether nobody but the owner can read or write the file. */
  public static boolean isPrivate(Path file) throws IOException {
    var permissions = EnumSet.noneOf(PosixFilePermission.class);
    permissions.addAll(Files.getPosixFilePermissions(file));
    permissions.removeAll(OWNER_ONLY_DIRECTORY);
    return permissions.isEmpty();
  }

  /** Whether the file belongs to whoever runs this process, or to root. */
  static boolean isTrusted(Path file) throws IOException {
    Path self = Path.of("/proc/self");
    if (!Files.exists(self)) {
      return Files.getOwner(file).getName().equals(System.getProperty("user.name"));
    }
    Object owner = Files.getAttribute(file, "unix:uid");
    // The link itself is root's, whoever asks; the directory that it leads to is the process's own.
    return owner.equals(Files.getAttribute(self, "unix:uid")) || owner.equals(0);
  }
}
