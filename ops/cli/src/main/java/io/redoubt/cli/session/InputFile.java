package io.redoubt.cli.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads files that are named on the command line; {@code -} is standard input. */
public final class InputFile {
  private static final int MAX_BYTES = 1 << 20;

  private InputFile() {}

  /** What is in it, in UTF-8. */
  public static String read(Session session, Path file) {
    Path path = session.host().workingDirectory().resolve(file);
    try {
      byte[] bytes =
          isStandardInput(file) ? System.in.readNBytes(MAX_BYTES + 1) : Files.readAllBytes(path);
      if (bytes.length > MAX_BYTES) {
        throw CommandFailure.usage(file + " is too large.");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw CommandFailure.usage(file + " cannot be read.");
    }
  }

  /** The document in it. */
  public static JsonNode readJson(Session session, Path file) {
    try {
      return Json.STRICT.readTree(read(session, file));
    } catch (JsonProcessingException e) {
      throw CommandFailure.usage(file + " is not JSON: " + e.getOriginalMessage());
    }
  }

  private static boolean isStandardInput(Path file) {
    return file.toString().equals("-");
  }
}
