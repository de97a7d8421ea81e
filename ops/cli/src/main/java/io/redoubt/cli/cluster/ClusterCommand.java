package io.redoubt.cli.cluster;

import picocli.CommandLine.Command;

/** The commands about an enclave's cluster. */
@Command(
    name = "cluster",
    description = "Look at the nodes of an enclave.",
    subcommands = ClusterStatus.class)
public final class ClusterCommand {}
