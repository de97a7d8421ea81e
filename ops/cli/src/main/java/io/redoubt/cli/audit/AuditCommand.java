package io.redoubt.cli.audit;

import picocli.CommandLine.Command;

/** The commands about the audit log. */
@Command(
    name = "audit",
    description = "Follow, search and export the audit log, and read what was said.",
    subcommands = {AuditTail.class, AuditSearch.class, AuditExport.class, AuditPayload.class})
public final class AuditCommand {}
