package io.redoubt.controlplane.link;

import io.redoubt.controlplane.agent.AgentReports;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.policy.Bundles;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.text.PlainText;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in an enclave's reports, one transaction for each organization that they concern. Any of
 * them may come twice.
 */
final class Reports {
  private static final Logger LOG = LoggerFactory.getLogger(Reports.class);
  private static final int MAX_REASON = 500;

  private final Database database;
  private final AgentReports agents;
  private final Bundles bundles;
  private final Approvals approvals;
  private final CommandLog commands;
  private final Trail trail;
  private final Clock clock;

  Reports(
      Database database,
      AgentReports agents,
      Bundles bundles,
      Approvals approvals,
      CommandLog commands,
      Trail trail,
      Clock clock) {
    this.database = database;
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
    var steps = new ArrayList<Supplier<CompletionStage<Void>>>();
    steps.add(() -> ofEnclave(caller, ofEnclave));
    ofOrganizations.forEach(
        (organization, own) -> steps.add(() -> ofOrganization(caller, organization, own)));
    rejections.forEach(rejected -> steps.add(() -> rejected(caller, rejected)));
    CompletionStage<Void> done = CompletableFuture.completedFuture(null);
    for (var step : steps) {
      done = done.thenCompose(_ -> step.get());
    }
    return done;
  }

  private CompletionStage<Void> ofEnclave(Caller caller, List<LinkReport> reports) {
    return database.inOrganization(
        caller.home(),
        handle -> {
          Contacts.heard(handle, caller, now());
          for (LinkReport report : reports) {
            if (report instanceof LinkReport.Applied applied) {
              Contacts.applied(handle, caller, applied);
            } else if (report instanceof LinkReport.NodesSeen nodes) {
              Contacts.nodes(handle, caller, nodes);
            }
          }
          return null;
        });
  }

  /** Rows of other enclaves do not match, whatever organization a report names. */
  private CompletionStage<Void> ofOrganization(
      Caller caller, OrganizationId organization, List<LinkReport> reports) {
    return database.inOrganization(
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
          return null;
        });
  }

  private CompletionStage<Void> rejected(Caller caller, LinkReport.Rejected report) {
    String why = plain(report.why());
    return database
        .inTransaction(handle -> commands.rejected(handle, caller.enclave(), report.number(), why))
        .thenCompose(concerned ->
            concerned.isEmpty()
                ? CompletableFuture.<Void>completedFuture(null)
                : tell(caller, concerned.get(), report.number(), why));
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

  private CompletionStage<Void> tell(
      Caller caller, OrganizationId organization, long number, String why) {
    LOG.warn("Enclave {} passed over command {}: {}", caller.enclave(), number, why);
    return database.inOrganization(
        organization,
        handle -> {
          agents.rejected(handle, caller.enclave(), organization, number, now());
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
          return null;
        });
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}
