package io.redoubt.persistence.embedded;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.secret.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Random passwords of the roles, kept beside the data in a file that only its owner can read. */
final class RoleSecrets {
  /** The superuser that initdb makes; used to set up the roles and for nothing else. */
  static final String ADMIN = "redoubt_admin";

  private final Map<String, String> passwords;

  private RoleSecrets(Map<String, String> passwords) {
    this.passwords = Map.copyOf(passwords);
  }

  static RoleSecrets openOrCreate(Path file) throws IOException {
    if (Files.exists(file)) {
      try {
        return new RoleSecrets(
            Json.LENIENT.readValue(
                Files.readAllBytes(file), new TypeReference<Map<String, String>>() {}));
      } catch (JacksonException e) {
        throw new IOException("the passwords in " + file + " cannot be read", e);
      }
    }
    var passwords = new TreeMap<String, String>();
    passwords.put(ADMIN, random());
    for (var role : DatabaseRole.values()) {
      passwords.put(role.user(), random());
    }
    write(file, Json.write(passwords));
    return new RoleSecrets(passwords);
  }

  private static void write(Path file, byte[] content) throws IOException {
    Path unfinished = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(unfinished);
    var onlyOwner =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    try (var channel =
        FileChannel.open(
            unfinished,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            onlyOwner)) {
      var bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String random() {
    byte[] bytes = new byte[24];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  Secret password(String user) {
    String password = passwords.get(user);
    if (password == null) {
      throw new IllegalStateException("no password is kept for " + user);
    }
    return Secret.of(password);
  }
}
