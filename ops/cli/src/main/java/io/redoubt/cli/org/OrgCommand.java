package io.redoubt.cli.org;

import picocli.CommandLine.Command;

/** The commands about the caller's own organization. */
@Command(
    name = "org",
    description = "Show and change what holds for the whole organization.",
    subcommands = {OrgShow.class, OrgSet.class, OrgBudget.class})
public final class OrgCommand {}
