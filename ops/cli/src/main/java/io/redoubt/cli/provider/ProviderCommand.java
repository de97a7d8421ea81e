package io.redoubt.cli.provider;

import picocli.CommandLine.Command;

/** The commands about model providers. */
@Command(
    name = "provider",
    description = "Say which model providers there are, and their keys.",
    subcommands = {ProviderSet.class, ProviderList.class, ProviderDelete.class})
public final class ProviderCommand {
  static final String PATH = "/api/v1/providers";
}
