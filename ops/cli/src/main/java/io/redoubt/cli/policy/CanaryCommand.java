package io.redoubt.cli.policy;

import io.redoubt.cli.api.Query;
import picocli.CommandLine.Command;

/** The commands about canaries. */
@Command(
    name = "canary",
    description = {
      "State what policies must say to certain requests.",
      "A publication that says otherwise is refused, here and by every node of the enclave."
    },
    subcommands = {CanaryList.class, CanaryShow.class, CanarySet.class, CanaryDelete.class})
final class CanaryCommand {
  static final String PATH = "/api/v1/canaries";

  static String path(String name) {
    return PATH + "/" + Query.encode(name);
  }
}
