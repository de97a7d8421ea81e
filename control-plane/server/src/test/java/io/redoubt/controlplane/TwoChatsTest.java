package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.controlplane.testing.SlackStandIn;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.link.LinkCommand;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A request that is shown in Slack and in Teams. */
class TwoChatsTest {
  private static final String IN_SLACK = "U0APPROVER";
  private static final String IN_TEAMS = "33333333-aaaa-4bbb-8ccc-00000000000a";

  @AutoClose private final TeamsStandIn teams = new TeamsStandIn();

  @AutoClose
  private final TestServer server = new TestServer(SlackTest.SETTINGS + teams.settings());

  @AutoClose private final SlackStandIn slack = new SlackStandIn(server.clock);
  private final Asking asking = Asking.of(server);
  private final Tenant tenant = asking.tenant();
  private final String approver = asking.member("Ada Approver", "approver");

  @BeforeEach
  void start() {
    teams.clock(server.clock);
    channel("slack", SlackTest.settings(slack), IN_SLACK);
    channel("teams", teams.form(), IN_TEAMS);
  }

  private void channel(String kind, String settings, String user) {
    String path = "/api/v1/channels/" + kind;
    var put = tenant.owner().put(path, settings);
    assertThat(put.status()).as(put.text()).isEqualTo(201);
    var mapped =
        tenant
            .owner()
            .put(
                path + "/members",
                """
                {"members": [{"user_id": "%s", "member_id": "%s"}]}
                """
                    .formatted(user, approver));
    assertThat(mapped.status()).as(mapped.text()).isEqualTo(200);
  }

  @Test
  void pressedInBothAtOnceItIsOneVoteAndTheRepetitionIsOnRecord() {
    var view = asking.asks("{}");
    String id = view.id().toString();
    var message = await().until(() -> slack.of(id), it -> it.size() == 1).getFirst();
    var card = await().until(() -> teams.about(id), it -> it.size() == 1).getFirst();
    var inSlack = slack.press(message, "redoubt_approve", IN_SLACK);
    var inTeams = teams.press(card, "redoubt_approve", "", IN_TEAMS);
    List<Supplier<HttpResponse<String>>> presses =
        List.of(() -> inSlack.to(server.url()), () -> inTeams.to(server.url()));

    var next = new AtomicInteger();
    Http.atOnce(2, () -> presses.get(next.getAndIncrement()).get().statusCode())
        .forEach(status -> assertThat(status).isEqualTo(200));

    var said = (LinkCommand.DecideApproval) asking.heard(view.id()).command();
    assertThat(said.by()).isEqualTo(approver);
    assertThat(said.decision()).isEqualTo(ApprovalView.Decision.APPROVE);
    assertThat(
            server.count(
                tenant.id(),
                "SELECT count(*) FROM control.approval_vote WHERE approval_id = '"
                    + view.id().uuid()
                    + "'"))
        .isEqualTo(1);
    var repeated = tenant.lastAudit("callback:repeated");
    assertThat(repeated.path("verdict").asText()).isEqualTo("deny");
    assertThat(repeated.path("approval_id").asText()).isEqualTo(id);
    assertThat(repeated.path("resource").asText())
        .isEqualTo("slack".equals(said.through()) ? "teams/" + IN_TEAMS : "slack/" + IN_SLACK);
    assertThat(slack.complaints()).isEmpty();
    assertThat(teams.complaints()).isEmpty();
  }
}
