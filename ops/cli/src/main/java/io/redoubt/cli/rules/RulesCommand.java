package io.redoubt.cli.rules;

import io.redoubt.cli.api.Query;
import picocli.CommandLine.Command;

/** The commands about rules. */
@Command(
    name = "rules",
    description = {
      "Say what agents may do with connectors, without writing Cedar.",
      "Of all rules that match an operation, the one with the lowest priority number decides.",
      "Rules belong to the draft: they decide once `redoubt policy publish` has published it."
    },
    subcommands = {RulesList.class, RulesShow.class, RulesSet.class, RulesDelete.class})
public final class RulesCommand {
  public static final String PATH = "/api/v1/rules";

  static String path(String name) {
    return PATH + "/" + Query.encode(name);
  }
}
