package io.redoubt.persistence.sealing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** A master key of 32 random bytes in a file that only its owner can read. */
public final class FileKeyProvider implements KeyProvider {
  private static final byte[] HEADER = {1};
  private static final Set<PosixFilePermission> FOREIGN =
      PosixFilePermissions.fromString("---rwxrwx");

  private final Path file;
  private final SecretKey masterKey;

  private FileKeyProvider(Path file, byte[] key) {
    this.file = file;
    this.masterKey = new SecretKeySpec(key, "AES");
  }

  /**
   * Reads the key, or makes one.
   *
   * @throws IllegalStateException with a plain sentence if others may read the file, or it is not a
   *     key
   */
  public static FileKeyProvider openOrCreate(Path file) {
    try {
      create(file);
    } catch (FileAlreadyExistsException _) {
      // the usual case
    } catch (IOException e) {
      throw new IllegalStateException("The master key cannot be written to " + file, e);
    }
    return open(file);
  }

  /** Reads a key that must exist. */
  public static FileKeyProvider open(Path file) {
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new IllegalStateException("The master key " + file + " is not a regular file.");
      }
      var permissions = Files.getPosixFilePermissions(file);
      if (permissions.stream().anyMatch(FOREIGN::contains)) {
        throw new IllegalStateException(
            "The master key "
                + file
                + " can be used by others. Give it mode 0600, and think about who has read it.");
      }
      byte[] key = Files.readAllBytes(file);
      if (key.length != AesGcm.KEY_BYTES) {
        throw new IllegalStateException("The master key " + file + " is not 32 bytes long.");
      }
      return new FileKeyProvider(file, key);
    } catch (IOException e) {
      throw new IllegalStateException("The master key " + file + " cannot be read", e);
    }
  }

  /** Written whole under another name first: a crash leaves no short key behind. */
  private static void create(Path file) throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IOException("no directory for " + file);
    }
    Files.createDirectories(parent);
    var onlyOwner =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    Path unfinished = Files.createTempFile(parent, ".master-key", null, onlyOwner);
    try {
      try (var channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(AesGcm.random(AesGcm.KEY_BYTES)));
        channel.force(true);
      }
      // A link fails where the name is taken: of two that create, one wins and both use its key.
      Files.createLink(file, unfinished);
      try (var directory = FileChannel.open(parent, StandardOpenOption.READ)) {
        directory.force(true);
      }
    } finally {
      Files.delete(unfinished);
    }
  }

  @Override
  public String describe() {
    return "file:" + file;
  }

  @Override
  public byte[] wrap(byte[] plaintext, String context) {
    return AesGcm.seal(masterKey, HEADER, context.getBytes(StandardCharsets.UTF_8), plaintext);
  }

  @Override
  public byte[] unwrap(byte[] wrapped, String context) {
    return AesGcm.open(masterKey, HEADER.length, context.getBytes(StandardCharsets.UTF_8), wrapped);
  }
}
