package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import picocli.CommandLine.Command;

/** The commands about the platform's floor. */
@Command(
    name = "floor",
    description = {
      "Say what is forbidden in every organization of this installation.",
      "Every organization sees it; only platform operators change it."
    },
    subcommands = {FloorShow.class, FloorSet.class})
final class FloorCommand {
  static final String PATH = "/api/v1/floor";

  /** Where it has not come yet, and where others had to yield to it. */
  static void remark(Session session, JsonNode rollout) {
    for (JsonNode refused : rollout.path("refused")) {
      session.remark(
          Table.printable(
              "%s goes on with what it had; this is tried again: %s"
                  .formatted(Table.text(refused, "organization_id"), Table.text(refused, "why"))));
    }
    for (JsonNode yielded : rollout.path("yielded")) {
      session.remark(
          Table.printable(
              (yielded.path("alone").asBoolean()
                      ? "nothing is permitted in %s until it publishes again, since none of its"
                          + " policies can be run above this: %s"
                      : "policies of %s yield, and are stricter until it publishes again: %s")
                  .formatted(Table.text(yielded, "organization_id"), Table.text(yielded, "why"))));
    }
  }
}
