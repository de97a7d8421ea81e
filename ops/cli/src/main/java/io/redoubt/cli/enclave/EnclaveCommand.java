package io.redoubt.cli.enclave;

import picocli.CommandLine.Command;

/** The commands about enclaves. */
@Command(
    name = "enclave",
    description = "List and enroll enclaves.",
    subcommands = {EnclaveList.class, EnclaveEnroll.class})
public final class EnclaveCommand {
  static final String PATH = "/api/v1/enclaves";
}
