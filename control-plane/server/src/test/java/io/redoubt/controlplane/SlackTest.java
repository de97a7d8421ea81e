package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.controlplane.testing.SlackStandIn;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.SealedBoxes;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests for approval in Slack, or rather in its stand-in. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SlackTest {
  private static final String SLACK = "/api/v1/channels/slack";
  private static final String APPROVER = "U0APPROVER";
  private static final String VIEWER = "U0VIEWER";
  private static final String REMOVED = "U0REMOVED";

  /** What a test's channel waits and gives up by. */
  static final String SETTINGS =
      """
      redoubt.control-plane.channels {
        private-hosts = ["127.0.0.1"]
        poll-interval = 50 ms, back-off-min = 50 ms, back-off-max = 200 ms
        request-timeout = 1 s, lease = 9 s
      }
      """;

  @AutoClose private final TestServer server = new TestServer(SETTINGS);
  @AutoClose private final SlackStandIn slack = new SlackStandIn(server.clock);
  private Asking asking;
  private Tenant tenant;
  private String approver;

  @BeforeAll
  void start() {
    asking = Asking.of(server);
    tenant = asking.tenant();
    approver = asking.member("Ada Approver", "approver");
    String viewer = asking.member("Vic Viewer", "viewer");
    String removed = asking.member("Rem Removed", "approver");
    var put = tenant.owner().put(SLACK, settings(slack));
    assertThat(put.status()).as(put.text()).isEqualTo(201);
    map(approver, viewer, removed);
    assertThat(tenant.owner().delete("/api/v1/iam/members/" + removed).status()).isEqualTo(204);
  }

  static String settings(SlackStandIn slack) {
    return """
    {"bot_token": "%s", "signing_secret": "%s", "channel_id": "%s", "team_id": "%s",
     "app_id": "%s", "base_url": "%s"}
    """
        .formatted(
            SlackStandIn.TOKEN,
            SlackStandIn.SIGNING_SECRET,
            SlackStandIn.CHANNEL,
            SlackStandIn.TEAM,
            SlackStandIn.APP,
            slack.url());
  }

  private void map(String approver, String viewer, String removed) {
    var mapped =
        tenant
            .owner()
            .put(
                SLACK + "/members",
                """
                {"members": [{"user_id": "%s", "member_id": "%s"},
                  {"user_id": "%s", "member_id": "%s"}, {"user_id": "%s", "member_id": "%s"}]}
                """
                    .formatted(APPROVER, approver, VIEWER, viewer, REMOVED, removed));
    assertThat(mapped.status()).as(mapped.text()).isEqualTo(200);
  }

  @AfterEach
  void nothingWasSaidThatSlackWouldNotTake() {
    assertThat(slack.complaints()).isEmpty();
  }

  private SlackStandIn.Message shown(ApprovalView view) {
    return await().until(() -> slack.of(view.id().toString()), it -> it.size() == 1).getFirst();
  }

  private HttpResponse<String> press(ApprovalView view, String action, String user) {
    return slack.press(shown(view), action, user).to(server.url());
  }

  private static LinkCommand.DecideApproval said(CommandEnvelope command) {
    return (LinkCommand.DecideApproval) command.command();
  }

  @Test
  void whatIsAskedIsShownWithoutWhatInspectionFinds() {
    var view =
        asking.asks(
            """
            {"to": "mallory\u202e", "note": "ask jane.doe@example.com <!channel>",
             "api_key": "q8Zr1vN0xT4mB7kLp2Ws9YdE", "amount": 100000}
            """);

    var message = shown(view);

    assertThat(message.words())
        .contains("builder", asking.agent().toString(), "ask-for-transfers", "35 of 100")
        .contains("100000", "[REDACTED:email]", "\\\\u202e", "redoubt approvals show " + view.id())
        .doesNotContain("jane.doe@example.com", "q8Zr1vN0xT4mB7kLp2Ws9YdE")
        .doesNotContain("\u202e");
    assertThat(message.body().path("text").asText()).contains("&lt;!channel&gt;");
    assertThat(message.hasButtons()).isTrue();
    var audit = tenant.audit("&operation=approval:notified").getFirst();
    assertThat(audit.path("approval_id").asText()).isEqualTo(view.id().toString());
    assertThat(audit.path("resource").asText())
        .isEqualTo(SlackStandIn.CHANNEL + "/" + message.ts());
  }

  @Test
  void whyItIsAskedAboutIsShown() {
    var view = asking.asksBecause("off-intent 30", "pii:email");

    assertThat(shown(view).words())
        .contains("35 of 100: off-intent 30", "Found in it", "pii:email");
    var answer = tenant.owner().get("/api/v1/approvals/" + view.id());
    assertThat(answer.text("/risk_reasons/0")).isEqualTo("off-intent 30");
    assertThat(answer.text("/findings/0")).isEqualTo("pii:email");
  }

  @Test
  void whatThePolicySaysIsShownAsFarAsThereIsRoomForIt() {
    var view = asking.asksInWords("{}", "forbid (principal, action,\n  resource) // \u202e<!here>");

    assertThat(shown(view).words())
        .contains("// ask-1\\nforbid (principal, action,\\n  resource)", "\\\\u202e")
        .doesNotContain("\u202e", "they say");
    var answer = tenant.owner().get("/api/v1/approvals/" + view.id());
    assertThat(answer.text("/clauses/0/policy")).isEqualTo("ask-1");
    asking.report(Asking.later(view, ApprovalStatus.DENIED, 1, List.of()));
    await().untilAsserted(() -> assertThat(shown(view).words()).doesNotContain("forbid"));

    var much = asking.asksInWords("{}", "x".repeat(3_000), "y".repeat(3_000));
    assertThat(shown(much).words())
        .contains("x".repeat(999) + "…\\n// ask-2\\nyyy", "not all that they say")
        .doesNotContain("y".repeat(500));
  }

  @Test
  void whatAModelIsAskedIsShownInPartAndSaidToBeAnExcerptAndForgottenOnceItIsOver() {
    var view = asking.asksModel("ask \u202e jane.doe@example.com");

    assertThat(shown(view).words())
        .contains("Be brief.", "transfer", "[REDACTED:email]", "\\\\u202e")
        .contains("An excerpt", "redoubt approvals show " + view.id() + " --at-enclave")
        .doesNotContain("jane.doe", "\u202e");
    assertThat(shown(view).hasButtons()).isTrue();
    var path = "/api/v1/approvals/" + view.id();
    assertThat(tenant.owner().get(path).text("/prompt/system")).isEqualTo("Be brief.");
    asking.report(Asking.later(view, ApprovalStatus.DENIED, 1, List.of()).saying(view.prompt()));
    var over = tenant.owner().get(path);
    assertThat(over.text("/status")).isEqualTo("denied");
    assertThat(over.at("/prompt").isMissingNode()).isTrue();
  }

  @Test
  void callsOfOneTurnAreShownTogether() {
    var first = asking.asks("{}");
    asking.report(Asking.later(first, ApprovalStatus.DENIED, 1, List.of()));
    var unheardOf = ApprovalId.next(server.clock);

    var view = asking.asksBeside(first.id(), unheardOf);

    assertThat(shown(view).words())
        .contains("tool:call of transfer", "denied when this was said, " + first.id())
        .contains("Of the same turn: " + unheardOf);
    var answer = tenant.owner().get("/api/v1/approvals/" + view.id());
    assertThat(answer.at("/related_calls")).hasSize(1);
    assertThat(answer.text("/related_calls/0/id")).isEqualTo(first.id().toString());
    assertThat(answer.text("/related_calls/0/status")).isEqualTo("denied");
    assertThat(answer.text("/related_calls/0/operation")).isEqualTo("tool:call");
  }

  @Test
  void whatWasAskedForBeforeIsShownWithWhatBecameOfIt() {
    var first = asking.asks("{}");
    asking.report(Asking.later(first, ApprovalStatus.EXPIRED, 1, List.of()));
    var second = asking.asksAgain(first);
    assertThat(shown(second).words())
        .contains(
            "Asked once before within a day; " + first.id(), "was expired when this was said");
    asking.report(Asking.later(second, ApprovalStatus.DENIED, 1, List.of()));

    var third = asking.asksAgain(first);

    assertThat(shown(third).words())
        .contains("Asked 2 times before within a day; " + second.id())
        .contains("was denied when this was said")
        .doesNotContain(first.id().toString());
    var answer = tenant.owner().get("/api/v1/approvals/" + third.id());
    assertThat(answer.at("/earlier_requests").findValuesAsText("id"))
        .containsExactly(second.id().toString(), first.id().toString());
    assertThat(answer.text("/earlier_requests/0/status")).isEqualTo("denied");
    assertThat(tenant.owner().get("/api/v1/approvals/" + first.id()).text())
        .as("what comes later was not before")
        .doesNotContain("earlier_requests");
  }

  @Test
  void whatIsNoDigestIsTheSameAsNothing() {
    var odd = asking.asksDigest("\u0000" + "x".repeat(10_000));

    var again = asking.asksAgain(odd);

    assertThat(shown(again).words()).doesNotContain("within a day");
  }

  @Test
  void theFirstCallOfATurnIsShownBesideThoseThatAreAskedAboutLater() {
    var first = asking.asks("{}");
    var message = shown(first);

    var later = asking.asksBeside(first.id());

    await()
        .until(
            () -> shown(first).words(),
            it -> it.contains("pending when this was said, " + later.id()));
    assertThat(shown(first).ts()).as("in place").isEqualTo(message.ts());
    assertThat(shown(first).hasButtons()).isTrue();
    assertThat(slack.thread(message.ts())).as("nothing has become of it").isEmpty();
    var answer = tenant.owner().get("/api/v1/approvals/" + first.id());
    assertThat(answer.text("/related/0")).isEqualTo(later.id().toString());
  }

  /** It was read before, and would be told for good without. */
  @Test
  void itIsShownBesideThoseThatAreAskedAboutWhileItIsBeingShownToo() {
    var first = new CompletableFuture<ApprovalView>();
    var later = new CompletableFuture<ApprovalView>();
    slack.meanwhile(() -> later.complete(asking.asksBeside(first.join().id())));

    first.complete(asking.asks("{}"));

    String beside = "pending when this was said, " + later.join().id();
    await().until(() -> shown(first.join()).words(), it -> it.contains(beside));
  }

  @Test
  void whatSomebodyHasChangedSaysSoAndWhatIsDoneInItsPlaceIsShown() {
    var view = asking.asks("{\"amount\": 5000}");
    var message = shown(view);

    var instead = asking.isChanged(view, approver, "/amount", "/to");

    await().until(() -> shown(view).words(), it -> it.contains("In its place " + instead.id()));
    assertThat(shown(view).words()).contains("Changed", "Ada Approver changed /amount, /to");
    assertThat(shown(view).ts()).isEqualTo(message.ts());
    assertThat(shown(view).hasButtons()).isFalse();
    await()
        .until(
            () -> slack.thread(message.ts()).toString(),
            it -> it.contains("In its place " + instead.id()));
    assertThat(shown(instead).words())
        .contains("Approved and used", "In the place of " + view.id())
        .contains("Ada Approver changed /amount, /to");
    assertThat(shown(instead).hasButtons()).isFalse();
  }

  @Test
  void argumentsOfAnySizeFitIntoAMessage() {
    var view = asking.asks("{\"text\": \"" + "long \\\" ".repeat(8_000) + "\"}");

    assertThat(shown(view).words()).contains("This is not all of the arguments.");
  }

  @Test
  void aPressedButtonIsAVoteOfTheMemberAndTheMessageFollows() {
    var view = asking.asks("{\"amount\": 5}");

    var answer = press(view, "redoubt_approve", APPROVER);
    var command = asking.heard(view.id());
    var vote = Asking.vote(view, approver, ApprovalView.Decision.APPROVE);
    asking.answer(
        command,
        LinkReport.Hearing.HEARD,
        Asking.later(view, ApprovalStatus.APPROVED, 1, List.of(vote)));

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(said(command).by()).isEqualTo(approver);
    assertThat(said(command).through()).isEqualTo("slack");
    assertThat(said(command).decision()).isEqualTo(ApprovalView.Decision.APPROVE);
    await().until(() -> !shown(view).hasButtons());
    assertThat(shown(view).words()).contains("Approved", "Ada Approver").doesNotContain("amount");
    var thread = await().until(() -> slack.thread(shown(view).ts()), it -> !it.isEmpty());
    assertThat(thread).hasSize(1).first().asString().contains("Ada Approver approved");
    assertThat(tenant.lastAudit("approval:approve").path("actor").asText()).isEqualTo(approver);
  }

  @Test
  void pressedTwiceItIsTheSameVote() {
    var view = asking.asks("{}");
    var message = shown(view);
    var calls =
        IntStream.range(0, 6)
            .mapToObj(_ -> slack.press(message, "redoubt_approve", APPROVER))
            .toList();

    var answers = new AtomicInteger();
    Http.atOnce(6, () -> calls.get(answers.getAndIncrement()).to(server.url()).statusCode())
        .forEach(status -> assertThat(status).isEqualTo(200));
    asking.heard(view.id());

    assertThat(
            server.count(
                tenant.id(),
                "SELECT count(*) FROM control.approval_vote WHERE approval_id = '"
                    + view.id().uuid()
                    + "'"))
        .isEqualTo(1);
  }

  @Test
  void aDenialIsAskedForItsReason() {
    var view = asking.asks("{}");

    assertThat(press(view, "redoubt_deny", APPROVER).statusCode()).isEqualTo(200);
    var form = form(view);
    assertThat(asking.decisions(view.id())).isEmpty();
    var blank = slack.submit(form, "  ", APPROVER).to(server.url());
    var done = slack.submit(form, "not on a Friday", APPROVER).to(server.url());

    assertThat(blank.statusCode()).isEqualTo(200);
    assertThat(blank.body()).contains("\"response_action\":\"errors\"", "\"reason\"");
    assertThat(done.statusCode()).isEqualTo(200);
    assertThat(done.body()).isEmpty();
    var said = said(asking.heard(view.id()));
    assertThat(said.decision()).isEqualTo(ApprovalView.Decision.DENY);
    assertThat(said.reason()).isEqualTo("not on a Friday");
    assertThat(said.by()).isEqualTo(approver);
  }

  private JsonNode form(ApprovalView view) {
    return await()
        .until(
            () ->
                slack.forms().stream()
                    .filter(it -> it.path("private_metadata").asText().equals(view.id().toString()))
                    .toList(),
            found -> !found.isEmpty())
        .getFirst();
  }

  @Test
  void aCallIsChangedInAFormAndTheChangedOneIsApproved() {
    var view = asking.asksChangeable("{\"amount\": 100, \"to\": \"mallory\"}");
    assertThat(press(view, "redoubt_edit", APPROVER).statusCode()).isEqualTo(200);
    var form = form(view);
    assertThat(form.at("/blocks/0/element/initial_value").asText())
        .contains("\"amount\": 100", "\"to\": \"mallory\"");
    for (String bad : List.of("", "[]", "{\"a\": 1, \"a\": 2}", "{", "{\"a\": 1e9999999999}")) {
      var refused =
          slack.submit(form, Map.of("arguments", bad, "reason", "less"), APPROVER).to(server.url());
      assertThat(refused.body())
          .as(bad)
          .contains("\"response_action\":\"errors\"", "\"arguments\":\"They cannot be judged");
    }
    assertThat(asking.decisions(view.id())).isEmpty();

    var changed = "{\"amount\": 5, \"to\": \"ann\"}";
    var done = slack.submit(form, Map.of("arguments", changed), APPROVER).to(server.url());
    var again = slack.submit(form, Map.of("arguments", changed), APPROVER).to(server.url());

    assertThat(done.body()).isEmpty();
    assertThat(again.body()).isEmpty();
    var said = said(asking.heard(view.id()));
    assertThat(said.decision()).isEqualTo(ApprovalView.Decision.APPROVE);
    assertThat(said.by()).isEqualTo(approver);
    var opened =
        SealedBoxes.open(
            asking.enclave().enrolmentKey,
            LinkCommand.DecideApproval.purpose(
                EnclaveId.parse(asking.enclave().id), tenant.id(), view.id()),
            Objects.requireNonNull(said.arguments()));
    assertThat(new String(opened, StandardCharsets.UTF_8))
        .isEqualTo("{\"amount\":5,\"to\":\"ann\"}");
    assertThat(asking.decisions(view.id())).as("twice the same is once").hasSize(1);
    assertThat(slack.complaints()).isEmpty();
  }

  /** Whoever changes what they do not see changes it blindly; and a chat keeps what it is given. */
  @Test
  void whatAChatDoesNotShowIsNotChangedThere() {
    var fixed = asking.asks("{\"amount\": 100}");
    var secret = asking.asksChangeable("{\"to\": \"mallory@example.com\"}");
    var hidden = asking.asksChangeable("{\"to\": \"mal\u200blory\"}");
    var large = asking.asksChangeable("{\"text\": \"" + "x".repeat(3_000) + "\"}");

    for (var view : List.of(fixed, secret, hidden, large)) {
      var message = shown(view);
      assertThat(message.words()).doesNotContain("redoubt_edit");
      var payload =
          slack.pressed(message, "redoubt_edit", view.id().toString(), APPROVER, SlackStandIn.TEAM);
      assertThat(slack.call(payload, SlackStandIn.SIGNING_SECRET).to(server.url()).statusCode())
          .isEqualTo(200);
      await()
          .until(
              () -> slack.whispersTo(APPROVER),
              it ->
                  it.stream()
                      .anyMatch(text ->
                          text.contains("cannot be changed here")
                              && text.contains(view.id().toString())));
    }
    assertThat(slack.forms().stream().map(JsonNode::toString))
        .noneMatch(form -> form.contains("mallory@example.com"));
  }

  @Test
  void whatAChatCannotShowIsNotApprovedThere() {
    var view = asking.asksWithheld();

    var message = shown(view);
    assertThat(message.words())
        .contains("too large to show here", "redoubt approvals show " + view.id() + " --at-enclave")
        .contains("redoubt_deny")
        .doesNotContain("redoubt_approve", "redoubt_edit");
    var old =
        slack.pressed(
            message, "redoubt_approve", view.id().toString(), APPROVER, SlackStandIn.TEAM);
    assertThat(slack.call(old, SlackStandIn.SIGNING_SECRET).to(server.url()).statusCode())
        .isEqualTo(200);

    await()
        .until(
            () -> slack.whispersTo(APPROVER),
            it ->
                it.stream()
                    .anyMatch(text ->
                        text.contains("cannot be approved here")
                            && text.contains(view.id().toString())));
    assertThat(asking.recorded("callback:refused", view.id()).path("detail").asText())
        .contains("too large");
    assertThat(asking.decisions(view.id())).isEmpty();
    var answer = tenant.owner().get("/api/v1/approvals/" + view.id());
    assertThat(answer.at("/arguments_withheld").asBoolean()).isTrue();
  }

  @Test
  void onlyThosePermittedChangeACall() {
    var view = asking.asksChangeable("{\"amount\": 100}");

    press(view, "redoubt_edit", VIEWER);

    assertThat(tenant.lastAudit("callback:refused").path("approval_id").asText())
        .isEqualTo(view.id().toString());
    assertThat(slack.forms().stream().map(JsonNode::toString))
        .noneMatch(form -> form.contains(view.id().toString()));
  }

  @Test
  void whoIsGivenTheFormHasSeenItAndThatIsOnRecordOnce() {
    var view = asking.asks("{}");

    press(view, "redoubt_deny", VIEWER);
    press(view, "redoubt_deny", APPROVER);
    press(view, "redoubt_deny", APPROVER);

    var seen =
        tenant.audit("&operation=approval:seen").stream()
            .filter(record -> record.path("approval_id").asText().equals(view.id().toString()))
            .toList();
    assertThat(seen).hasSize(1);
    assertThat(seen.getFirst().path("actor").asText()).isEqualTo(approver);
    assertThat(seen.getFirst().path("detail").asText()).isEqualTo("through slack");
  }

  @Test
  void whatIsDecidedElsewhereIsShownHere() {
    var view = asking.asks("{}");
    var ts = shown(view).ts();

    var second = Asking.later(view, ApprovalStatus.PENDING, 2, List.of());
    asking.report(second);
    await().until(() -> slack.thread(ts), it -> it.size() == 1);
    asking.report(Asking.later(second, ApprovalStatus.EXPIRED, 2, List.of()));
    await().until(() -> slack.thread(ts), it -> it.size() == 2);

    assertThat(shown(view).ts()).isEqualTo(ts);
    assertThat(shown(view).words()).contains("Expired").doesNotContain("redoubt_approve");
    assertThat(slack.thread(ts).getFirst()).contains("tier 2");
  }

  @Test
  void nobodyElseSignsForSlack() {
    var view = asking.asks("{}");
    var message = shown(view);
    var payload =
        slack.pressed(
            message, "redoubt_approve", view.id().toString(), APPROVER, SlackStandIn.TEAM);
    long now = server.clock.instant().getEpochSecond();
    var good = slack.call(payload, SlackStandIn.SIGNING_SECRET);

    var forged = slack.call(payload, "another secret altogether").to(server.url());
    var late = slack.call(payload, SlackStandIn.SIGNING_SECRET, now - 301).to(server.url());
    var early = slack.call(payload, SlackStandIn.SIGNING_SECRET, now + 310).to(server.url());
    var moved =
        new SlackStandIn.Call(Long.toString(now - 1), good.signature(), good.body())
            .to(server.url());
    var changed =
        new SlackStandIn.Call(good.timestamp(), good.signature(), good.body() + "%20")
            .to(server.url());

    for (var refused : List.of(forged, late, early, moved, changed)) {
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(401);
    }
    assertThat(tenant.lastAudit("callback:forged").path("verdict").asText()).isEqualTo("deny");
    assertThat(tenant.lastAudit("callback:late").path("detail").asText()).contains(" s ago");
    assertThat(asking.decisions(view.id())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"v0=abc", "v1=HEX", "''", "v0=HEXHEX", "v0=\u00e9"})
  void aSignatureThatIsNoneIsForgedToo(String signature) {
    var view = asking.asks("{}");
    var good = slack.press(shown(view), "redoubt_approve", APPROVER);
    long before = forged();

    var reply =
        new SlackStandIn.Call(
                good.timestamp(), signature.replace("HEX", "a".repeat(64)), good.body())
            .to(server.url());

    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(401);
    await().until(() -> forged() > before);
    assertThat(asking.decisions(view.id())).isEmpty();
  }

  private long forged() {
    return tenant.audit("&operation=callback:forged").size();
  }

  @Test
  void theSameCallIsHeardOnce() {
    var view = asking.asks("{}");
    var call = slack.press(shown(view), "redoubt_approve", APPROVER);

    var first = call.to(server.url());
    var again = call.to(server.url());

    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(tenant.lastAudit("callback:replayed").path("detail").asText())
        .isEqualTo("heard before");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "payload=",
        "payload=%7B",
        "payload=[]",
        "payload={}&payload={}",
        "x=1",
        "payload=%ZZ",
        "payload={\"api_app_id\":\"A0STANDIN\",\"api_app_id\":\"A0STANDIN\"}"
      })
  void whatSlackNeverSendsIsNotRead(String body) {
    long now = server.clock.instant().getEpochSecond();
    var signature = SlackStandIn.sign(SlackStandIn.SIGNING_SECRET, now, body);

    var reply = new SlackStandIn.Call(Long.toString(now), signature, body).to(server.url());

    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"type\": \"block_actions\"}", "{\"type\": \"shortcut\"}"})
  void aSignedCallThatSaysNothingIsRefusedAndRecorded(String fields) throws Exception {
    ObjectNode payload = (ObjectNode) Json.LENIENT.readTree(fields);
    payload.put("api_app_id", SlackStandIn.APP);
    payload.putObject("team").put("id", SlackStandIn.TEAM);
    payload.putObject("user").put("id", APPROVER);

    var reply = slack.call(payload, SlackStandIn.SIGNING_SECRET).to(server.url());

    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
    assertThat(tenant.lastAudit("callback:unreadable").path("verdict").asText()).isEqualTo("deny");
  }

  @Test
  void aBodyBeyondTheLimitIsNotTaken() {
    long now = server.clock.instant().getEpochSecond();
    String body = "payload=" + "x".repeat(200_000);

    var reply =
        new SlackStandIn.Call(
                Long.toString(now), SlackStandIn.sign(SlackStandIn.SIGNING_SECRET, now, body), body)
            .to(server.url());

    assertThat(reply.statusCode()).isEqualTo(413);
  }

  @ParameterizedTest
  @CsvSource({
    VIEWER + ", may not decide, approvals:decide",
    REMOVED + ", not a member any more, not a member any more",
    "U0STRANGER, nobody whom Redoubt knows, nobody here"
  })
  void whoMayNotDecideIsToldAndRecorded(String user, String told, String why) {
    var view = asking.asks("{}");

    var reply = press(view, "redoubt_approve", user);

    assertThat(reply.statusCode()).isEqualTo(200);
    await().until(() -> slack.whispersTo(user), it -> it.stream().anyMatch(t -> t.contains(told)));
    var audit = tenant.lastAudit("callback:refused");
    assertThat(audit.path("detail").asText()).contains(why);
    assertThat(audit.path("resource").asText()).isEqualTo("slack/" + user);
    assertThat(audit.path("approval_id").asText()).isEqualTo(view.id().toString());
    assertThat(asking.decisions(view.id())).isEmpty();
    assertThat(press(view, "redoubt_deny", user).statusCode()).isEqualTo(200);
    assertThat(slack.forms().stream().map(JsonNode::toString))
        .noneMatch(form -> form.contains(view.id().toString()));
  }

  @Test
  void peopleOfAnotherWorkspaceHaveNoSay() {
    var view = asking.asks("{}");
    var payload =
        slack.pressed(shown(view), "redoubt_approve", view.id().toString(), APPROVER, "T0FOREIGN");

    assertThat(slack.call(payload, SlackStandIn.SIGNING_SECRET).to(server.url()).statusCode())
        .isEqualTo(200);

    assertThat(tenant.lastAudit("callback:refused").path("detail").asText())
        .isEqualTo("of another workspace");
    assertThat(asking.decisions(view.id())).isEmpty();
  }

  @Test
  void aButtonOfARequestThatIsOverSaysSo() {
    var view = asking.asks("{}");
    var message = shown(view);
    var call = slack.press(message, "redoubt_approve", APPROVER);
    asking.report(Asking.later(view, ApprovalStatus.EXPIRED, 1, List.of()));

    assertThat(call.to(server.url()).statusCode()).isEqualTo(200);

    await()
        .until(
            () -> slack.whispersTo(APPROVER),
            it -> it.stream().anyMatch(t -> t.contains("expired already")));
    assertThat(asking.decisions(view.id())).isEmpty();
    await().until(() -> !shown(view).hasButtons());
  }

  @Test
  void anotherOrganizationsRequestCannotBeNamed() {
    var foreign = Asking.of(server).asks("{}");
    var mine = asking.asks("{}");
    var payload =
        slack.pressed(
            shown(mine), "redoubt_approve", foreign.id().toString(), APPROVER, SlackStandIn.TEAM);

    assertThat(slack.call(payload, SlackStandIn.SIGNING_SECRET).to(server.url()).statusCode())
        .isEqualTo(200);

    assertThat(
            tenant.audit("&operation=callback:refused").stream()
                .map(it -> it.path("approval_id").asText()))
        .contains(foreign.id().toString());
    assertThat(slack.about(foreign.id().toString())).isEmpty();
  }

  @Test
  void whatTheEnclaveDoesNotHearIsWhispered() {
    var view = asking.asks("{}");

    press(view, "redoubt_approve", APPROVER);
    asking.answer(asking.heard(view.id()), LinkReport.Hearing.NOT_ASKED, view);

    await()
        .until(
            () -> slack.whispersTo(APPROVER),
            it -> it.stream().anyMatch(t -> t.contains("not among those who are asked")));
  }

  @Test
  void whatDidNotCountMayBeSaidAgain() {
    var view = asking.asks("{}");
    press(view, "redoubt_approve", APPROVER);
    asking.answer(asking.heard(view.id()), LinkReport.Hearing.NOT_ASKED, view);
    await().until(() -> whispers("not among those who are asked") > 0);
    long before = whispers("could not carry it out");

    press(view, "redoubt_approve", APPROVER);
    var second = asking.heard(view.id(), 2);
    asking.reject(second, "it is ill");
    await().until(() -> whispers("could not carry it out") > before);
    press(view, "redoubt_approve", APPROVER);
    var third = asking.heard(view.id(), 3);
    asking.answer(third, LinkReport.Hearing.HEARD, view);
    press(view, "redoubt_approve", APPROVER);

    assertThat(said(third).by()).isEqualTo(approver);
    var repeated = asking.recorded("callback:repeated", view.id());
    assertThat(repeated.path("resource").asText()).isEqualTo("slack/" + APPROVER);
    assertThat(asking.decisions(view.id())).hasSize(3);
  }

  private long whispers(String words) {
    return slack.whispersTo(APPROVER).stream().filter(it -> it.contains(words)).count();
  }

  @Test
  void whatSlackAsksForIsWaited() {
    slack.limit(1, 2);
    long begun = System.nanoTime();

    var view = asking.asks("{}");
    shown(view);

    assertThat(System.nanoTime() - begun).isGreaterThan(1_500_000_000L);
  }

  @Test
  void whatCouldNotBeSaidIsSaidOnceSlackIsBack() {
    slack.down(true);
    var views = IntStream.range(0, 3).mapToObj(_ -> asking.asks("{}")).toList();
    await().until(() -> !tenant.owner().get(SLACK).at("/problem").isNull());
    assertThat(tenant.owner().get(SLACK).at("/waiting").asInt()).isGreaterThanOrEqualTo(3);
    slack.down(false);

    views.forEach(this::shown);

    await().until(() -> tenant.owner().get(SLACK).at("/waiting").asInt() == 0);
    assertThat(tenant.owner().get(SLACK).at("/problem").isNull()).isTrue();
  }

  @Test
  void anAnswerThatIsLostLeavesNoSecondMessage() {
    slack.loseAnswers(1);

    var view = asking.asks("{}");
    await().until(() -> tenant.owner().get(SLACK).at("/waiting").asInt() == 0);

    assertThat(slack.of(view.id().toString())).hasSize(1);
    assertThat(slack.calls()).contains("conversations.history");
    asking.report(Asking.later(view, ApprovalStatus.CANCELLED, 1, List.of()));
    await().until(() -> shown(view).words().contains("Cancelled"));
  }

  @Test
  void aMessageThatSomebodyDeletedIsPostedAgainWhileItIsNeeded() {
    var view = asking.asks("{}");
    slack.delete(shown(view).ts());

    asking.report(Asking.later(view, ApprovalStatus.PENDING, 2, List.of()));

    assertThat(shown(view).words()).contains("tier 2");
  }

  @Test
  void whatCannotBeSaidHoldsUpNothingElse() {
    var stuck = asking.asks("{}");
    shown(stuck);
    slack.refuse(stuck.id().toString());
    asking.report(Asking.later(stuck, ApprovalStatus.CANCELLED, 1, List.of()));
    await().until(() -> !tenant.owner().get(SLACK).at("/problem").isNull());

    var other = asking.asks("{}");

    shown(other);
    slack.refuse("");
    await().until(() -> shown(stuck).words().contains("Cancelled"));
  }

  @Test
  void whereTheChannelIsAnotherTheRequestIsShownThere() {
    try (var moved = new TestServer(SETTINGS);
        var there = new SlackStandIn(moved.clock)) {
      var asks = Asking.of(moved);
      assertThat(asks.tenant().owner().put(SLACK, settings(there)).status()).isEqualTo(201);
      var pending = asks.asks("{}");
      var over = asks.asks("{}");
      await().until(() -> there.about("Approval needed").size() == 2);

      there.moveTo("C0ANOTHER");
      String body = settings(there).replace(SlackStandIn.CHANNEL, "C0ANOTHER");
      assertThat(asks.tenant().owner().put(SLACK, body).status()).isEqualTo(200);
      asks.report(Asking.later(over, ApprovalStatus.DENIED, 1, List.of()));
      asks.report(Asking.later(pending, ApprovalStatus.PENDING, 2, List.of()));

      await().until(() -> there.about(pending.id().toString()).size() == 2);
      await().until(() -> asks.tenant().owner().get(SLACK).at("/waiting").asInt() == 0);
      assertThat(there.about(over.id().toString())).hasSize(1);
      assertThat(asks.tenant().lastAudit("notice:missed").path("approval_id").asText())
          .isEqualTo(over.id().toString());
    }
  }

  @Test
  void twoProcessesSayItOnce() {
    var other = server.another();
    try {
      var views = IntStream.range(0, 12).mapToObj(_ -> asking.asks("{}")).toList();

      await().until(() -> tenant.owner().get(SLACK).at("/waiting").asInt() == 0);

      views.forEach(view -> assertThat(slack.of(view.id().toString())).hasSize(1));
    } finally {
      other.close();
    }
  }

  @Test
  void whatADeadProcessWasAboutToSayIsSaidAfterItsLease() {
    await().until(() -> tenant.owner().get(SLACK).at("/waiting").asInt() == 0);
    try (var database = server.migrator()) {
      database.inTransactionBlocking(handle ->
          handle.execute(
              "UPDATE control.channel SET taken_by = gen_random_uuid(),"
                  + " taken_until = now() + interval '1500 ms'"));
    }
    var view = asking.asks("{}");
    long begun = System.nanoTime();
    try (var database = server.migrator()) {
      database.inTransactionBlocking(handle ->
          handle.execute("UPDATE control.notice SET begun = true WHERE state = 'waiting'"));
    }

    shown(view);

    assertThat(System.nanoTime() - begun).isGreaterThan(1_000_000_000L);
    assertThat(slack.of(view.id().toString())).hasSize(1);
  }

  @Test
  void anEnclavePassesOnWhatSlackSaid() {
    var view = asking.asks("{}");
    var call = slack.press(shown(view), "redoubt_approve", APPROVER);

    var there = URI.create(server.url() + "/enclave/v1/callbacks/slack");
    String key = "Bearer " + asking.enclave().apiKey();
    var forged =
        new SlackStandIn.Call(call.timestamp(), "v0=" + "0".repeat(64), call.body())
            .to(there, "authorization", key);
    var strangers = call.to(there, "authorization", "Bearer nobodys");
    assertThat(asking.decisions(view.id())).isEmpty();
    var passedOn = call.to(there, "authorization", key);

    assertThat(forged.statusCode()).isEqualTo(401);
    assertThat(strangers.statusCode()).isEqualTo(401);
    assertThat(passedOn.statusCode()).as(passedOn.body()).isEqualTo(200);
    assertThat(said(asking.heard(view.id())).by()).isEqualTo(approver);
  }

  /** Passed on by an enclave: who calls here is shut out sooner. */
  @Test
  void aFloodOfForgeriesKeepsNothingElseOutOfTheRecord() {
    var view = asking.asks("{}");
    var call = slack.press(shown(view), "redoubt_approve", "U0NOBODY");
    var forged = new SlackStandIn.Call(call.timestamp(), "v0=" + "0".repeat(64), call.body());
    var there = URI.create(server.url() + "/enclave/v1/callbacks/slack");
    for (int i = 0; i < 100; i++) {
      var answer = forged.to(there, "authorization", "Bearer " + asking.enclave().apiKey());
      assertThat(answer.statusCode()).isEqualTo(401);
    }

    assertThat(call.to(server.url()).statusCode()).isEqualTo(200);

    assertThat(asking.recorded("callback:refused", view.id()).path("detail").asText())
        .isEqualTo("nobody here");
    assertThat(tenant.audit("&operation=callback:forged")).hasSizeBetween(60, 99);
  }

  @Test
  void secretsAreNeverShownAndSealedAtRest() {
    var shown = tenant.owner().get(SLACK);

    assertThat(shown.status()).isEqualTo(200);
    assertThat(shown.text("/settings/channel_id")).isEqualTo(SlackStandIn.CHANNEL);
    assertThat(shown.text()).doesNotContain(SlackStandIn.TOKEN, SlackStandIn.SIGNING_SECRET);
    assertThat(tenant.owner().get("/api/v1/channels").at("/items")).hasSize(1);
    assertThat(
            server.count(
                tenant.id(),
                "SELECT count(*) FROM control.channel WHERE position('xoxb' IN encode(sealed,"
                    + " 'escape')) > 0 OR settings::text LIKE '%xoxb%'"))
        .isZero();
    assertThat(tenant.audit("&operation=channel:put").toString())
        .doesNotContain(SlackStandIn.TOKEN, SlackStandIn.SIGNING_SECRET);
  }

  @Test
  void aSecretIsOneOrganizationsAndAnothersChannelIsNotThere() {
    var other = server.newTenant();

    assertThat(other.owner().get(SLACK).status()).isEqualTo(404);
    assertThat(other.owner().get(SLACK + "/members").status()).isEqualTo(404);
    assertThat(other.owner().delete(SLACK).status()).isEqualTo(404);
    assertThat(other.owner().put(SLACK, settings(slack)).status()).isEqualTo(409);
    assertThat(other.owner().get(SLACK).status()).isEqualTo(404);
  }

  @Test
  void nobodyLendsAStrangerAVoiceAboveTheirOwn() {
    var manager = tenant.clientWith("org:manage");

    var reply =
        manager.put(
            SLACK + "/members",
            "{\"members\": [{\"user_id\": \"U0MALLORY\", \"member_id\": \"" + approver + "\"}]}");

    assertThat(reply.status()).as(reply.text()).isEqualTo(403);
    assertThat(tenant.owner().get(SLACK + "/members").text()).doesNotContain("U0MALLORY");
    // Whoever has the secret says who pressed: another secret is another's word.
    var replaced =
        manager.put(
            SLACK, settings(slack).replace(SlackStandIn.SIGNING_SECRET, "5ec2e7".repeat(6)));
    assertThat(replaced.status()).as(replaced.text()).isEqualTo(403);
    assertThat(manager.put(SLACK, settings(slack)).status()).as("the same").isEqualTo(200);
    var foreign = Asking.of(server).member("Eve", "approver");
    var ofAnother =
        tenant
            .owner()
            .put(
                SLACK + "/members",
                "{\"members\": [{\"user_id\": \"U0EVE\", \"member_id\": \"" + foreign + "\"}]}");
    assertThat(ofAnother.status()).as(ofAnother.text()).isEqualTo(422);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"bot_token\": \"short\"}",
        "{\"base_url\": \"http://example.com/api/\"}",
        "{\"base_url\": \"https://169.254.169.254/\"}",
        "{\"channel_id\": \"#general\"}",
        "{\"arguments\": \"all\"}"
      })
  void badSettingsAreRefused(String body) {
    assertThat(tenant.owner().put(SLACK, body).status()).isEqualTo(422);
  }

  @Test
  void whatCannotBeSaidInTimeIsGivenUpAndRecorded() {
    try (var impatient =
            new TestServer(SETTINGS + "\nredoubt.control-plane.channels.give-up-after = 300 ms");
        var deaf = new SlackStandIn(impatient.clock)) {
      deaf.down(true);
      var there = Asking.of(impatient);
      assertThat(there.tenant().owner().put(SLACK, settings(deaf)).status()).isEqualTo(201);
      var view = there.asks("{}");

      await().until(() -> !there.tenant().audit("&operation=notice:dead").isEmpty());

      var audit = there.tenant().lastAudit("notice:dead");
      assertThat(audit.path("approval_id").asText()).isEqualTo(view.id().toString());
      assertThat(audit.path("detail").asText()).contains("could not be said in time");
      assertThat(there.tenant().owner().get(SLACK).at("/dead").asInt()).isEqualTo(1);
      assertThat(there.tenant().owner().get("/metrics").text())
          .contains("redoubt_channel_notices_total{channel=\"slack\",outcome=\"dead\"} 1.0");
    }
  }

  @Test
  void anUnknownRequestIsNobodys() {
    var view = asking.asks("{}");
    var payload =
        slack.pressed(
            shown(view),
            "redoubt_approve",
            ApprovalId.next(server.clock).toString(),
            APPROVER,
            SlackStandIn.TEAM);

    assertThat(slack.call(payload, SlackStandIn.SIGNING_SECRET).to(server.url()).statusCode())
        .isEqualTo(200);
  }
}
