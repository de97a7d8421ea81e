package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.controlplane.testing.SlackStandIn;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.link.LinkReport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Requests for approval that have been over for long are forgotten, and nothing else is. */
class ForgettingTest {
  private static final String APPROVALS = "/api/v1/approvals";
  private static final Duration KEPT_FOR = Duration.ofDays(90);

  @AutoClose
  private final TestServer server =
      new TestServer(
          SlackTest.SETTINGS
              + """
              redoubt.control-plane {
                keys.tend-every = 100 ms
                channels.give-up-after = 1000 d
              }
              """);

  @AutoClose private final SlackStandIn slack = new SlackStandIn(server.clock);
  private final Asking asking = Asking.of(server);
  private final Tenant tenant = asking.tenant();

  private long rows(ApprovalView view) {
    return count("approval WHERE id = '" + view.id().uuid() + "'");
  }

  private long count(String table) {
    return server.count(tenant.id(), "SELECT count(*) FROM control." + table);
  }

  private ApprovalView over() {
    var view = asking.asks("{}");
    asking.report(Asking.later(view, ApprovalStatus.EXPIRED, 1, List.of()));
    return view;
  }

  @Test
  void theyGoWithTheirVotesAfterTheirTimeAndTheRecordStays() {
    var decided = asking.asks("{}");
    var deciding =
        CompletableFuture.supplyAsync(
            () ->
                tenant
                    .owner()
                    .post(
                        APPROVALS + "/" + decided.id() + "/decision",
                        "{\"decision\": \"approve\"}"),
            Thread::startVirtualThread);
    asking.answer(
        asking.heard(decided.id()),
        LinkReport.Hearing.HEARD,
        Asking.later(decided, ApprovalStatus.CONSUMED, 1, List.of()));
    assertThat(deciding.join().status()).isEqualTo(200);
    var pending = asking.asks("{}");
    var granted = asking.asks("{}");
    asking.report(Asking.later(granted, ApprovalStatus.APPROVED, 1, List.of()));
    long recorded = count("audit_record");

    server.clock.forward(KEPT_FOR);
    var late = over();
    server.clock.forward(Duration.ofHours(1));

    await().until(() -> rows(decided) == 0);
    assertThat(List.of(rows(pending), rows(granted), rows(late))).containsOnly(1L);
    assertThat(count("approval_vote")).isZero();
    assertThat(count("audit_record")).isGreaterThanOrEqualTo(recorded);
    assertThat(count("audit_record WHERE operation = 'approval:approve'")).isEqualTo(1);
  }

  @Test
  void thereIsNoEndOfBatchesBeforeAllOfThemAreGone() {
    var view = over();
    server.count(
        tenant.id(),
        """
        WITH more AS (
          INSERT INTO control.approval
            (organization_id, id, enclave_id, agent_id, version, status, document, reported_at)
          SELECT organization_id, gen_random_uuid(), enclave_id, agent_id, version, status, document,
            reported_at
          FROM control.approval, generate_series(1, 1200) WHERE id = '%s' RETURNING 1)
        SELECT count(*) FROM more
        """
            .formatted(view.id().uuid()));

    server.clock.forward(KEPT_FOR.plusHours(1));

    await().until(() -> count("approval") == 0);
  }

  @Test
  void whatIsStillToBeSaidOfOneKeepsIt() {
    var quiet = over();
    assertThat(tenant.owner().put("/api/v1/channels/slack", SlackTest.settings(slack)).status())
        .isEqualTo(201);
    var shown = asking.asks("{}");
    await().until(() -> slack.about(shown.id().toString()).size() == 1);
    slack.down(true);
    asking.report(Asking.later(shown, ApprovalStatus.EXPIRED, 1, List.of()));

    server.clock.forward(KEPT_FOR.plusHours(1));
    await().until(() -> rows(quiet) == 0);
    assertThat(rows(shown)).isEqualTo(1);
    slack.down(false);

    await().until(() -> rows(shown) == 0);
    assertThat(slack.about(shown.id().toString()).getFirst().words()).contains("Expired");
    assertThat(count("notice")).isZero();
  }
}
