package io.redoubt.cli.approvals;

import picocli.CommandLine.Command;

/** The commands about approvals. */
@Command(
    name = "approvals",
    description = {
      "See what agents ask approval for, and decide it.",
      "With the control plane away, --at-enclave says it to the enclave itself."
    },
    subcommands = {
      ApprovalsList.class,
      ApprovalsWatch.class,
      ApprovalsShow.class,
      ApprovalsApprove.class,
      ApprovalsDeny.class
    })
public final class ApprovalsCommand {}
