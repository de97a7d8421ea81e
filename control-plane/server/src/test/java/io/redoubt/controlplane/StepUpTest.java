package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.controlplane.testing.SlackStandIn;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Whoever approves what is risky proves once more who they are (RFC 9470). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StepUpTest {
  private static final String APPROVALS = "/api/v1/approvals/";
  private static final String APPROVE = "{\"decision\": \"approve\"}";

  /** By a clock that was set forward an enclave is away until it has been heard again. */
  private static final Set<Integer> SENT = Set.of(200, 202);

  /** The clock is set forward, and goes on. */
  private static final Pattern AGE = Pattern.compile("([0-9]+) s ago");

  private static final String USER = "U0APPROVER";

  @AutoClose private final TestServer server = new TestServer(SlackTest.SETTINGS);
  @AutoClose private final SlackStandIn slack = new SlackStandIn(server.clock);
  private Asking asking;
  private Tenant tenant;
  private String clientId;
  private String clientSecret;

  @BeforeAll
  void start() {
    asking = Asking.of(server);
    tenant = asking.tenant();
    var made =
        tenant
            .owner()
            .post(
                "/api/v1/iam/clients",
                "{\"name\": \"desk\", \"permissions\": [\"approvals:read\","
                    + " \"approvals:decide\"]}");
    clientId = Objects.requireNonNull(made.text("/client/id"));
    clientSecret = Objects.requireNonNull(made.text("/client_secret"));
  }

  private Http login() {
    return server.login(clientId, clientSecret, null);
  }

  private ApprovalView asksFor(int seconds) {
    ObjectNode view =
        Json.LENIENT.valueToTree(asking.view(ApprovalId.next(server.clock), "{\"amount\": 5}"));
    view.put("step_up_seconds", seconds);
    try {
      var read = Json.LENIENT.treeToValue(view, ApprovalView.class);
      asking.report(read);
      return read;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private LinkCommand.DecideApproval said(ApprovalView view) {
    return (LinkCommand.DecideApproval) asking.heard(view.id()).command();
  }

  private static Reply decide(Http as, ApprovalView view, String body) {
    return as.post(APPROVALS + view.id() + "/decision", body);
  }

  @Test
  void anOldAuthenticationIsChallengedAndAFreshOneCounts() {
    var view = asksFor(300);
    var old = login();
    server.clock.forward(Duration.ofSeconds(301));

    var challenged = decide(old, view, APPROVE);
    var fresh = login();
    var deciding =
        CompletableFuture.supplyAsync(
            () -> decide(fresh, view, APPROVE), Thread::startVirtualThread);
    asking.answer(
        asking.heard(view.id()),
        LinkReport.Hearing.HEARD,
        Asking.later(view, ApprovalStatus.APPROVED, 1, List.of()));

    assertThat(challenged.status()).as(challenged.text()).isEqualTo(401);
    assertThat(challenged.problem()).isEqualTo("step-up-needed");
    assertThat(challenged.header("www-authenticate"))
        .startsWith("Bearer ")
        .contains("error=\"insufficient_user_authentication\"", "max_age=\"300\"");
    String why = Objects.requireNonNull(challenged.text("/detail"));
    var age = AGE.matcher(why);
    assertThat(age.find()).as(why).isTrue();
    assertThat(Integer.parseInt(age.group(1))).isBetween(301, 330);
    assertThat(why).contains("redoubt approvals approve");
    var refused = tenant.lastAudit("operator:refused");
    assertThat(refused.path("actor").asText()).isEqualTo(clientId);
    assertThat(refused.path("detail").asText()).contains(age.group());
    assertThat(deciding.join().status()).as(deciding.join().text()).isIn(SENT);
    assertThat(asking.decisions(view.id())).as("the challenged one went nowhere").hasSize(1);
    assertThat(said(view).authenticationAge()).isBetween(0L, 30L);
  }

  @Test
  void theSameKeyIsGoodForTheVoteOnceItIsFresh() {
    var view = asksFor(60);
    var old = login().with("idempotency-key", "one-and-the-same");
    server.clock.forward(Duration.ofSeconds(61));
    assertThat(decide(old, view, APPROVE).status()).isEqualTo(401);

    var deciding =
        CompletableFuture.supplyAsync(
            () -> decide(login().with("idempotency-key", "one-and-the-same"), view, APPROVE),
            Thread::startVirtualThread);
    asking.answer(
        asking.heard(view.id()),
        LinkReport.Hearing.HEARD,
        Asking.later(view, ApprovalStatus.APPROVED, 1, List.of()));

    assertThat(deciding.join().status()).as(deciding.join().text()).isIn(SENT);
  }

  @Test
  void whoeverDeniesNeedNotAuthenticateAgain() {
    var view = asksFor(15);
    var old = login();
    server.clock.forward(Duration.ofMinutes(10));

    var deciding =
        CompletableFuture.supplyAsync(
            () -> decide(old, view, "{\"decision\": \"deny\", \"reason\": \"no\"}"),
            Thread::startVirtualThread);
    asking.answer(
        asking.heard(view.id()),
        LinkReport.Hearing.HEARD,
        Asking.later(view, ApprovalStatus.DENIED, 1, List.of()));

    assertThat(deciding.join().status()).as(deciding.join().text()).isIn(SENT);
    assertThat(said(view).authenticationAge()).isGreaterThanOrEqualTo(600);
  }

  @Test
  void aPressInSlackCannotStepUpAndIsToldTheCommand() {
    var member = asking.member("Ada Approver", "approver");
    assertThat(tenant.owner().put("/api/v1/channels/slack", SlackTest.settings(slack)).status())
        .isEqualTo(201);
    var mapped =
        tenant
            .owner()
            .put(
                "/api/v1/channels/slack/members",
                "{\"members\": [{\"user_id\": \"%s\", \"member_id\": \"%s\"}]}"
                    .formatted(USER, member));
    assertThat(mapped.status()).as(mapped.text()).isEqualTo(200);
    var view = asksFor(300);
    var message =
        await().until(() -> slack.about(view.id().toString()), it -> it.size() == 1).getFirst();

    var pressed = slack.press(message, "redoubt_approve", USER).to(server.url());

    assertThat(pressed.statusCode()).isEqualTo(200);
    await()
        .until(
            () -> slack.whispersTo(USER),
            it ->
                it.stream()
                    .anyMatch(text -> text.contains("redoubt approvals approve " + view.id())));
    assertThat(asking.decisions(view.id())).isEmpty();
    var refused = tenant.lastAudit("callback:refused");
    assertThat(refused.path("approval_id").asText()).isEqualTo(view.id().toString());
    assertThat(slack.press(message, "redoubt_deny", USER).to(server.url()).statusCode())
        .isEqualTo(200);
    await()
        .until(() ->
            slack.forms().stream()
                .anyMatch(
                    form -> form.path("private_metadata").asText().equals(view.id().toString())));
    assertThat(slack.complaints()).isEmpty();
  }
}
