package io.redoubt.controlplane.link;

import io.redoubt.controlplane.agent.AgentReports;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.policy.Bundles;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.Turns;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.text.PlainText;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in an enclave's reports, one transaction for each organization that they concern. Any of
 * them may come twice. Calls of one enclave change the same rows, and are taken in one by one.
 */
final class Reports {
  private static final Logger LOG = LoggerFactory.getLogger(Reports.class);
  private static final int MAX_REASON = 500;

  /** Calls of one enclave that may wait; one that is well makes one at a time. */
  private static final int MOST_IN_LINE = 32;

  private static final Duration LONGEST_IN_LINE = Duration.ofSeconds(5);

  private final Database database;
  private final Contacts contacts;
  private final AgentReports agents;
  private final Bundles bundles;
  private final Approvals approvals;
  private final CommandLog commands;
  private final Trail trail;
  private final Clock clock;
  private final Turns<EnclaveId> turns = new Turns<>(MOST_IN_LINE, LONGEST_IN_LINE);

  Reports(
      Database database,
      Contacts contacts,
      AgentReports agents,
      Bundles bundles,
      Approvals approvals,
      CommandLog commands,
      Trail trail,
      Clock clock) {
    this.database = database;
    this.contacts = contacts;
    this.agents = agents;
    this.bundles = bundles;
    this.approvals = approvals;
    this.commands = commands;
    this.trail = trail;
    this.clock = clock;
  }

  CompletionStage<Void> accept(Caller caller, List<LinkReport> reports) {
    var ofEnclave = new ArrayList<LinkReport>();
    var ofOrganizations = new LinkedHashMap<OrganizationId, List<LinkReport>>();
    var rejections = new ArrayList<LinkReport.Rejected>();
    for (LinkReport report : reports) {
      switch (report) {
        case LinkReport.Applied applied -> ofEnclave.add(applied);
        case LinkReport.NodesSeen nodes -> ofEnclave.add(nodes);
        case LinkReport.Rejected rejected -> rejections.add(rejected);
        case LinkReport.AgentSeen seen ->
            ofOrganizations
                .computeIfAbsent(seen.organizationId(), _ -> new ArrayList<>())
                .add(seen);
        case LinkReport.AgentStopped stopped ->
            ofOrganizations
                .computeIfAbsent(stopped.organizationId(), _ -> new ArrayList<>())
                .add(stopped);
        case LinkReport.BundleRunning running ->
            ofOrganizations
                .computeIfAbsent(running.organizationId(), _ -> new ArrayList<>())
                .add(running);
        case LinkReport.ApprovalSeen seen ->
            ofOrganizations
                .computeIfAbsent(seen.organizationId(), _ -> new ArrayList<>())
                .add(seen);
        case LinkReport.ApprovalVoted voted ->
            ofOrganizations
                .computeIfAbsent(voted.organizationId(), _ -> new ArrayList<>())
                .add(voted);
      }
    }
    return database.blocking(() ->
        turns.taking(
            caller.enclave(),
            () -> {
              ofEnclave(caller, ofEnclave);
              ofOrganizations.forEach(
                  (organization, own) -> ofOrganization(caller, organization, own));
              rejections.forEach(rejected -> rejected(caller, rejected));
              return null;
            }));
  }

  private void ofEnclave(Caller caller, List<LinkReport> reports) {
    contacts.inTurn(
        caller,
        handle -> {
          Contacts.heard(handle, caller, now());
          for (LinkReport report : reports) {
            if (report instanceof LinkReport.Applied applied) {
              Contacts.applied(handle, caller, applied);
            } else if (report instanceof LinkReport.NodesSeen nodes) {
              Contacts.nodes(handle, caller, nodes);
            }
          }
          return caller;
        });
  }

  /** Rows of other enclaves do not match, whatever organization a report names. */
  private void ofOrganization(
      Caller caller, OrganizationId organization, List<LinkReport> reports) {
    database.inOrganizationBlocking(
        organization,
        handle -> {
          for (LinkReport report : reports) {
            if (report instanceof LinkReport.AgentSeen seen) {
              agents.seen(handle, caller.enclave(), seen);
            } else if (report instanceof LinkReport.AgentStopped stopped) {
              agents.stopped(handle, caller.enclave(), stopped);
            } else if (report instanceof LinkReport.BundleRunning running) {
              bundles.running(handle, caller.enclave(), running);
            } else if (report instanceof LinkReport.ApprovalSeen seen) {
              approvals.seen(handle, caller.enclave(), seen);
            } else if (report instanceof LinkReport.ApprovalVoted voted) {
              approvals.voted(handle, caller.enclave(), voted);
            }
          }
          return caller;
        });
  }

  private void rejected(Caller caller, LinkReport.Rejected report) {
    String why = plain(report.why());
    database
        .inTransactionBlocking(
            handle -> commands.rejected(handle, caller.enclave(), report.number(), why))
        .ifPresent(concerned -> tell(caller, concerned, report.number(), why));
  }

  /** An enclave's words, as the database takes them: the report would else come for ever. */
  private static String plain(String why) {
    var plain = new StringBuilder();
    why.codePoints()
        .limit(MAX_REASON)
        .mapToObj(Character::toString)
        .forEach(it -> plain.append(PlainText.fits(it, 2) ? it : " "));
    return plain.toString();
  }

  private void tell(Caller caller, OrganizationId organization, long number, String why) {
    LOG.warn("Enclave {} passed over command {}: {}", caller.enclave(), number, why);
    database.inOrganizationBlocking(
        organization,
        handle -> {
          agents.rejected(handle, caller.enclave(), organization, number, now());
          approvals.rejected(handle, organization, caller.enclave(), number, why);
          trail.record(
              handle,
              new AuditBuilder(
                      ActionId.next(clock).auditId(),
                      now(),
                      organization,
                      Plane.ADMIN,
                      "command:rejected",
                      Verdict.DENY)
                  .resource(caller.enclave() + "/" + number)
                  .detail(why)
                  .build());
          return caller;
        });
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}
