package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.InputFile;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.json.Json;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Replaces the floor. */
@Command(
    name = "set",
    description = {
      "Say what is forbidden in every organization, in place of what was forbidden so far.",
      "It decides at once: what each organization published last is published again above it."
    })
final class FloorSet implements Callable<Integer> {
  @Parameters(
      arity = "0..*",
      paramLabel = "NAME=FILE",
      description = "Documents of forbids; - is standard input. None: nothing is forbidden.")
  @Nullable Map<String, Path> documents;

  private final Session session;

  FloorSet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    ObjectNode body = Json.LENIENT.createObjectNode();
    var texts = body.putArray("policies");
    if (documents != null) {
      documents.forEach((name, file) ->
          texts.addObject().put("name", name).put("cedar", InputFile.read(session, file)));
    }
    JsonNode rollout;
    try (var progress = session.progress()) {
      progress.say("Publishing in every organization");
      rollout = session.operator().put(FloorCommand.PATH, body);
    }
    session
        .output()
        .say(
            rollout,
            rollout.path("below").isEmpty()
                ? "Version " + Table.text(rollout, "version") + " is in every organization."
                : "Version " + Table.text(rollout, "version") + " is on its way.");
    FloorCommand.remark(session, rollout);
    return 0;
  }
}
