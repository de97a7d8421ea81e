package io.redoubt.cli.policy;

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
}
