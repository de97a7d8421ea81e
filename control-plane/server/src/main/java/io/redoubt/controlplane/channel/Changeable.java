package io.redoubt.controlplane.channel;

import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.Optional;

/** What somebody is given in a chat who wants to approve other arguments. */
final class Changeable {
  private final Database database;
  private final Approvals approvals;
  private final ShownArguments arguments;

  Changeable(Database database, Approvals approvals, ShownArguments arguments) {
    this.database = database;
    this.approvals = approvals;
    this.arguments = arguments;
  }

  /** The arguments as they are at this moment; empty: they cannot be changed in a chat. Blocks. */
  Optional<String> of(OrganizationId organization, ApprovalId id) {
    return database.inOrganizationBlocking(
        organization,
        handle -> {
          var transaction = Transaction.of(organization, handle);
          try {
            var view = approvals.find(transaction, id);
            return view.status() == ApprovalStatus.PENDING
                ? ShownArguments.toChange(view, arguments.inspectors(transaction))
                : Optional.empty();
          } catch (ProblemException e) {
            if (e.type() != ErrorType.NOT_FOUND) {
              throw e;
            }
            return Optional.empty();
          }
        });
  }
}
