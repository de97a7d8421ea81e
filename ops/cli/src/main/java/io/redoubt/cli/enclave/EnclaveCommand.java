package io.redoubt.cli.enclave;

import picocli.CommandLine.Command;

/** The commands about enclaves. */
@Command(
    name = "enclave",
    description = "List, enroll and delete enclaves.",
    subcommands = {EnclaveList.class, EnclaveEnroll.class, EnclaveDelete.class})
public final class EnclaveCommand {
  static final String PATH = "/api/v1/enclaves";
}
