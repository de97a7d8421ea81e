package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Shows the floor. */
@Command(name = "show", description = "Show what the platform forbids in every organization.")
final class FloorShow implements Callable<Integer> {
  private final Session session;

  FloorShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode floor = session.operator().get(FloorCommand.PATH);
    if (session.output().isJson()) {
      session.output().json(floor);
    } else if (floor.path("policies").isEmpty()) {
      session.output().line("The platform forbids nothing.");
    } else {
      floor.path("policies").forEach(it -> TextLines.show(session, it.path("name").asText(), it));
    }
    return 0;
  }
}
