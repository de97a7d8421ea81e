package io.redoubt.cli.api;

import com.fasterxml.jackson.core.JacksonException;
import io.redoubt.cli.settings.PrivateFiles;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.secret.Disclosed;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.protocol.token.TokenDigest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Keeps operator tokens between invocations, mode 0600, one file for each server, client and
 * secret. A cache that cannot be read or written is no cache; that is never an error.
 */
final class TokenCache {
  /** A token this close to its end is not worth starting with. */
  private static final Duration MARGIN = Duration.ofSeconds(60);

  private record Entry(Disclosed accessToken, Instant expiresAt) {}

  private final Path file;
  private final InstantSource clock;

  TokenCache(
      Path directory, URI server, String clientId, Secret clientSecret, InstantSource clock) {
    var key = TokenDigest.of(server + "\n" + clientId + "\n" + clientSecret.reveal());
    this.file = directory.resolve("token-" + key.toString().substring(0, 32) + ".json");
    this.clock = clock;
  }

  Optional<String> read() {
    try {
      if (!Files.isRegularFile(file) || !PrivateFiles.isPrivate(file)) {
        return Optional.empty();
      }
      var entry = Json.LENIENT.readValue(Files.readAllBytes(file), Entry.class);
      if (entry.accessToken() == null
          || entry.expiresAt() == null
          || clock.instant().isAfter(entry.expiresAt().minus(MARGIN))) {
        return Optional.empty();
      }
      return Optional.of(entry.accessToken().reveal());
    } catch (JacksonException _) {
      return Optional.empty();
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  void write(String accessToken, Duration lifetime) {
    try {
      PrivateFiles.directoryOf(file);
      PrivateFiles.write(
          file, Json.write(new Entry(Disclosed.of(accessToken), clock.instant().plus(lifetime))));
    } catch (IOException _) {
      // The next invocation asks for a token of its own.
    }
  }

  void forget() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException _) {
      // Overwritten by the next token.
    }
  }
}
