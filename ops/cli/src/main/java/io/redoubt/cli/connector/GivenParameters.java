package io.redoubt.cli.connector;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.session.ExactObject;
import io.redoubt.cli.session.InputFile;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.json.ExactJson;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The parameters of an operation, one way or the other. */
final class GivenParameters {
  @Option(
      names = "--parameters",
      paramLabel = "JSON",
      description = "Its parameters, an object. Left out: none.")
  @Nullable String json;

  @Option(
      names = "--parameters-file",
      paramLabel = "FILE",
      description = "File with its parameters; - is standard input.")
  @Nullable Path file;

  ObjectNode read(Session session) {
    String text = file == null ? Objects.requireNonNull(json) : InputFile.read(session, file);
    var read = ExactObject.parse(text.getBytes(StandardCharsets.UTF_8), "parameters");
    if (ExactJson.hasLargeInteger(read)) {
      throw CommandFailure.usage("The parameters hold an integer beyond 64 bits.");
    }
    return read;
  }
}
