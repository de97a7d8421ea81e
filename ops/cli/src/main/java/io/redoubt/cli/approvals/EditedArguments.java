package io.redoubt.cli.approvals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.session.ExactObject;
import io.redoubt.cli.session.Session;
import io.redoubt.cli.settings.PrivateFiles;
import io.redoubt.protocol.json.CanonicalJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The arguments that a call is approved with: out of a file, or as a person has edited them. */
final class EditedArguments {
  private EditedArguments() {}

  /**
   * Reads them.
   *
   * @param from a file; {@code -}: standard input; empty: an editor is opened on those of the call
   * @param approval as it stands
   */
  static ObjectNode read(Session session, String from, JsonNode approval) {
    ObjectNode edited =
        ExactObject.parse(
            from.isEmpty() ? typed(session, approval) : bytes(session, from), "arguments");
    if (approval.hasNonNull("arguments")
        && Arrays.equals(
            CanonicalJson.write(edited), CanonicalJson.write(approval.path("arguments")))) {
      throw CommandFailure.usage("Nothing was changed: approve the call without --edit.");
    }
    return edited;
  }

  private static byte[] bytes(Session session, String from) {
    try {
      return from.equals("-")
          ? System.in.readNBytes(ExactObject.MOST_BYTES + 1)
          : Files.readAllBytes(session.host().workingDirectory().resolve(from));
    } catch (IOException e) {
      throw CommandFailure.usage(from + " cannot be read.");
    }
  }

  private static byte[] typed(Session session, JsonNode approval) {
    var host = session.host();
    String editor =
        host.variable("VISUAL")
            .or(() -> host.variable("EDITOR"))
            .filter(_ -> host.interactive())
            .orElseThrow(() ->
                CommandFailure.usage(
                    "There is no editor to open: say --edit FILE, or set EDITOR in a terminal."));
    if (!approval.hasNonNull("arguments")) {
      throw CommandFailure.usage(
          "The arguments of the call are not told here. Say all of the new ones: --edit FILE.");
    }
    Path directory = host.cacheDirectory().resolve("edits");
    Path file = directory.resolve(approval.path("id").asText("approval") + ".json");
    try {
      PrivateFiles.directoryOf(file);
      PrivateFiles.write(
          file,
          (approval.path("arguments").toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
      // As the shell would: editors are often set with options.
      int ended =
          new ProcessBuilder(List.of("sh", "-c", editor + " \"$1\"", "redoubt", file.toString()))
              .inheritIO()
              .start()
              .waitFor();
      if (ended != 0) {
        throw new CommandFailure(ExitCode.FAILED, "The editor ended with status " + ended + ".");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, "The editor cannot be opened.", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(ExitCode.FAILED, "Interrupted.", e);
    } finally {
      try {
        Files.deleteIfExists(file);
      } catch (IOException _) {
        // Private, and overwritten by the next.
      }
    }
  }
}
