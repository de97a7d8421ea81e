package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
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
import java.time.Instant;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests for approval in Microsoft Teams, or rather in its stand-in. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TeamsTest {
  private static final String TEAMS = "/api/v1/channels/teams";
  private static final String APPROVE = "redoubt_approve";
  private static final String DENY = "redoubt_deny";
  private static final String APPROVER = "33333333-aaaa-4bbb-8ccc-00000000000a";
  private static final String VIEWER = "33333333-aaaa-4bbb-8ccc-00000000000b";
  private static final String REMOVED = "33333333-aaaa-4bbb-8ccc-00000000000c";
  private static final String STRANGER = "33333333-aaaa-4bbb-8ccc-00000000000d";
  private static final String ELSEWHERE = "44444444-aaaa-4bbb-8ccc-000000000004";

  @AutoClose private final TeamsStandIn teams = new TeamsStandIn();

  /** The enclave's word may come after Teams was answered. */
  @AutoClose
  private final TestServer server =
      new TestServer(
          SlackTest.SETTINGS + teams.settings() + "\nredoubt.control-plane.kill.wait = 10 s");

  private Asking asking;
  private Tenant tenant;
  private String approver;

  @BeforeAll
  void start() {
    teams.clock(server.clock);
    asking = Asking.of(server);
    tenant = asking.tenant();
    approver = asking.member("Ada Approver", "approver");
    String viewer = asking.member("Vic Viewer", "viewer");
    String removed = asking.member("Rem Removed", "approver");
    var put = tenant.owner().put(TEAMS, teams.form());
    assertThat(put.status()).as(put.text()).isEqualTo(201);
    var mapped =
        tenant
            .owner()
            .put(
                TEAMS + "/members",
                """
                {"members": [{"user_id": "%s", "member_id": "%s"},
                  {"user_id": "%s", "member_id": "%s"}, {"user_id": "%s", "member_id": "%s"}]}
                """
                    .formatted(APPROVER, approver, VIEWER, viewer, REMOVED, removed));
    assertThat(mapped.status()).as(mapped.text()).isEqualTo(200);
    assertThat(tenant.owner().delete("/api/v1/iam/members/" + removed).status()).isEqualTo(204);
  }

  @AfterEach
  void nothingWasSaidThatTeamsWouldNotTake() {
    assertThat(teams.complaints()).isEmpty();
  }

  private TeamsStandIn.Message shown(ApprovalView view) {
    return await().until(() -> teams.about(view.id().toString()), it -> it.size() == 1).getFirst();
  }

  private HttpResponse<String> press(ApprovalView view, String verb, String reason, String user) {
    return teams.press(shown(view), verb, reason, user).to(server.url());
  }

  private static LinkCommand.DecideApproval said(CommandEnvelope command) {
    return (LinkCommand.DecideApproval) command.command();
  }

  private static JsonNode json(HttpResponse<String> answer) {
    try {
      return Json.LENIENT.readTree(answer.body());
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(answer.body(), e);
    }
  }

  private static String told(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(json(answer).path("statusCode").asInt()).isEqualTo(200);
    assertThat(json(answer).path("type").asText())
        .isEqualTo("application/vnd.microsoft.activity.message");
    return json(answer).path("value").asText();
  }

  @Test
  void whatIsAskedIsShownWithoutWhatInspectionFindsAndWithoutMarkup() {
    var view =
        asking.asks(
            """
            {"to": "mallory\u202e", "note": "ask jane.doe@example.com [click](https://evil.example)",
             "api_key": "q8Zr1vN0xT4mB7kLp2Ws9YdE", "amount": 100000}
            """);

    var card = shown(view);

    assertThat(card.words())
        .contains("builder", asking.agent().toString(), "ask-for-transfers", "35 of 100")
        .contains("100000", "[REDACTED:email]", "\\\\u202e", "redoubt approvals show " + view.id())
        .doesNotContain("jane.doe@example.com", "q8Zr1vN0xT4mB7kLp2Ws9YdE")
        .doesNotContain("\u202e");
    assertThat(card.hasButtons()).isTrue();
    var audit = asking.recorded("approval:notified", view.id());
    assertThat(audit.path("resource").asText()).isEqualTo(card.conversation() + "/" + card.id());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"text\": \"%s\"}",
        "{\"text\": [\"%s\", \"%s\"]}",
        "{\"a\": {\"b\": {\"text\": \"%s\"}}, \"rest\": \"%s\"}"
      })
  void argumentsOfAnySizeFitIntoACardThatSaysWhatIsMissing(String form) {
    var view = asking.asks(form.replace("%s", "long \\\" \\\\ ü€ ".repeat(3_000)));

    assertThat(shown(view).words()).contains("This is not all of the arguments.", "long");
  }

  @Test
  void whyItIsAskedAboutIsShown() {
    var view = asking.asksBecause("off-intent 30", "pii:email");

    assertThat(shown(view).words())
        .contains("35 of 100: off-intent 30", "Found in it", "pii:email");
  }

  @Test
  void whatThePoliciesSayIsShownWhereTheArgumentsLeaveRoom() {
    var view = asking.asksInWords("{\"a\": 1}", "forbid (principal, action,\n  resource);");
    assertThat(shown(view).words())
        .contains("// ask-1", "forbid (principal, action,", "\u00a0\u00a0resource);")
        .doesNotContain("they say");

    var much =
        asking.asksInWords(
            "{\"a\": \"%s\"}".formatted("z".repeat(30_000)),
            Collections.nCopies(5, "\"".repeat(1_000)).toArray(String[]::new));
    assertThat(shown(much).words())
        .contains("This is not all of the arguments.", "not all that they say");
  }

  @Test
  void whatAModelIsAskedIsShownInPartAndSaidToBeAnExcerpt() {
    var view = asking.asksModel("ask jane.doe@example.com");

    assertThat(shown(view).words())
        .contains("Be brief.", "[REDACTED:email]", "An excerpt", view.id() + " --at-enclave")
        .doesNotContain("jane.doe");
  }

  @Test
  void manyLinesAreCutToo() {
    String lines =
        IntStream.range(0, 300)
            .mapToObj(n -> "\"line-" + n + "\": 1")
            .collect(Collectors.joining(", ", "{", "}"));

    var view = asking.asks(lines);

    assertThat(shown(view).words())
        .contains("This is not all of the arguments.", "line-0")
        .doesNotContain("line-299");
  }

  @Test
  void aPressedButtonIsAVoteOfTheMemberAndTheCardFollows() {
    var view = asking.asks("{\"amount\": 5}");

    var answer = press(view, APPROVE, "", APPROVER);
    var command = asking.heard(view.id());
    var vote = Asking.vote(view, approver, ApprovalView.Decision.APPROVE);
    asking.answer(
        command,
        LinkReport.Hearing.HEARD,
        Asking.later(view, ApprovalStatus.APPROVED, 1, List.of(vote)));

    assertThat(told(answer)).contains("Your vote is on its way");
    assertThat(said(command).by()).isEqualTo(approver);
    assertThat(said(command).through()).isEqualTo("teams");
    assertThat(said(command).decision()).isEqualTo(ApprovalView.Decision.APPROVE);
    await().until(() -> !shown(view).hasButtons());
    assertThat(shown(view).words()).contains("Approved", "Ada Approver").doesNotContain("amount");
    var thread = await().until(() -> teams.thread(shown(view)), it -> !it.isEmpty());
    assertThat(thread).hasSize(1).first().asString().contains("Ada Approver approved");
    assertThat(tenant.lastAudit("approval:approve").path("actor").asText()).isEqualTo(approver);
  }

  @Test
  void theEnclavesWordIsTheAnswerWhereItComesInTime() {
    var view = asking.asks("{}");
    var call = teams.press(shown(view), APPROVE, "fine", APPROVER);

    var answer =
        CompletableFuture.supplyAsync(
            () -> told(call.to(server.url())), Thread::startVirtualThread);
    var vote = Asking.vote(view, approver, ApprovalView.Decision.APPROVE);
    asking.answer(
        asking.heard(view.id()),
        LinkReport.Hearing.HEARD,
        Asking.later(view, ApprovalStatus.APPROVED, 1, List.of(vote)));

    assertThat(answer.join()).isEqualTo("Your vote counts.");
    assertThat(said(asking.heard(view.id())).reason()).isEqualTo("fine");
  }

  @Test
  void pressedTwiceItIsTheSameVote() {
    var view = asking.asks("{}");
    var card = shown(view);
    var calls =
        IntStream.range(0, 6).mapToObj(_ -> teams.press(card, APPROVE, "", APPROVER)).toList();

    var next = new AtomicInteger();
    Http.atOnce(6, () -> calls.get(next.getAndIncrement()).to(server.url()).statusCode())
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
  void aDenialNeedsAReason() {
    var view = asking.asks("{}");

    assertThat(told(press(view, DENY, "  ", APPROVER))).contains("1 to 500 characters");
    assertThat(told(press(view, DENY, "x".repeat(501), APPROVER))).contains("1 to 500 characters");
    assertThat(asking.decisions(view.id())).isEmpty();
    assertThat(tenant.lastAudit("callback:reason").path("resource").asText())
        .isEqualTo("teams/" + APPROVER);
    press(view, DENY, "not on a Friday", APPROVER);

    var said = said(asking.heard(view.id()));
    assertThat(said.decision()).isEqualTo(ApprovalView.Decision.DENY);
    assertThat(said.reason()).isEqualTo("not on a Friday");
    assertThat(said.by()).isEqualTo(approver);
  }

  @Test
  void aCallIsChangedOnTheCardAndTheChangedOneIsApproved() {
    var view = asking.asksChangeable("{\"amount\": 100, \"to\": \"mallory\"}");
    var card = shown(view);

    assertThat(told(teams.change(card, "{", "", APPROVER).to(server.url())))
        .isEqualTo("They cannot be judged: not JSON");
    assertThat(told(teams.change(card, " ", "", APPROVER).to(server.url())))
        .isEqualTo("They cannot be judged: not there");
    assertThat(tenant.lastAudit("callback:arguments").path("resource").asText())
        .isEqualTo("teams/" + APPROVER);
    assertThat(asking.decisions(view.id())).isEmpty();
    told(teams.change(card, "{\"to\": \"ann\", \"amount\": 5}", "", APPROVER).to(server.url()));

    var said = said(asking.heard(view.id()));
    var opened =
        SealedBoxes.open(
            asking.enclave().enrolmentKey,
            LinkCommand.DecideApproval.purpose(
                EnclaveId.parse(asking.enclave().id), tenant.id(), view.id()),
            Objects.requireNonNull(said.arguments()));
    assertThat(new String(opened, StandardCharsets.UTF_8))
        .isEqualTo("{\"amount\":5,\"to\":\"ann\"}");
    assertThat(said.decision()).isEqualTo(ApprovalView.Decision.APPROVE);
    assertThat(said.by()).isEqualTo(approver);
  }

  @Test
  void whatIsNotShownWholeIsNotChangedOnTheCard() {
    for (var view :
        List.of(
            asking.asks("{\"amount\": 100}"),
            asking.asksChangeable("{\"to\": \"mallory@example.com\"}"))) {
      assertThat(shown(view).activity().toString()).doesNotContain("redoubt_edit");
    }
  }

  @Test
  void whatACardCannotShowIsNotApprovedThere() {
    var view = asking.asksWithheld();

    var card = shown(view);
    assertThat(card.words())
        .contains("too large to show here", "redoubt approvals show " + view.id() + " --at-enclave")
        .contains(DENY)
        .doesNotContain(APPROVE, "redoubt_edit");
    var forged = teams.pressed(shown(asking.asks("{}")), APPROVE, "", APPROVER);
    forged.withObject("/value/action/data").put("approval_id", view.id().toString());
    assertThat(told(teams.call(forged).to(server.url())))
        .contains("cannot be approved here", view.id().toString());

    assertThat(asking.recorded("callback:refused", view.id()).path("detail").asText())
        .contains("too large");
    assertThat(asking.decisions(view.id())).isEmpty();
  }

  @Test
  void whatIsDecidedElsewhereIsShownHere() {
    var view = asking.asks("{}");
    var card = shown(view);

    var second = Asking.later(view, ApprovalStatus.PENDING, 2, List.of());
    asking.report(second);
    await().until(() -> teams.thread(card), it -> it.size() == 1);
    asking.report(Asking.later(second, ApprovalStatus.EXPIRED, 2, List.of()));
    await().until(() -> teams.thread(card), it -> it.size() == 2);

    assertThat(shown(view).id()).isEqualTo(card.id());
    assertThat(shown(view).words()).contains("Expired").doesNotContain("Action.Execute");
    assertThat(teams.thread(card).getFirst()).contains("tier 2");
  }

  private void refused(HttpResponse<String> reply, String outcome, String why) {
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(401);
    var audit = tenant.lastAudit("callback:" + outcome);
    assertThat(audit.path("verdict").asText()).isEqualTo("deny");
    assertThat(audit.path("detail").asText()).contains(why);
  }

  @Test
  void aTokenThatIsNotForThisIsNone() {
    var view = asking.asks("{}");
    var activity = teams.pressed(shown(view), APPROVE, "", APPROVER);
    var now = server.clock.instant();

    Map<String, Consumer<JWTClaimsSet.Builder>> wrong =
        Map.of(
            "of another issuer",
            claims -> claims.issuer("https://sts.windows.net/" + TeamsStandIn.TENANT + "/"),
            "not good at this time",
            claims -> claims.expirationTime(Date.from(now.minusSeconds(301))),
            "without a time",
            claims -> claims.notBeforeTime(null),
            "for another address",
            claims -> claims.claim("serviceurl", "https://evil.example/"));
    wrong.forEach((why, but) -> refused(teams.call(activity, but).to(server.url()), "forged", why));
    refused(
        teams
            .call(activity, claims -> claims.notBeforeTime(Date.from(now.plusSeconds(310))))
            .to(server.url()),
        "forged",
        "not good at this time");
    assertThat(
            teams
                .call(activity, claims -> claims.audience(ELSEWHERE))
                .to(server.url())
                .statusCode())
        .isEqualTo(401);
    assertThat(
            teams
                .call(activity, claims -> claims.audience(List.of(TeamsStandIn.APP, ELSEWHERE)))
                .to(server.url())
                .statusCode())
        .isEqualTo(401);

    assertThat(asking.decisions(view.id())).isEmpty();
  }

  @Test
  void nobodyElseSignsForTheBotFramework() throws JOSEException {
    var view = asking.asks("{}");
    var activity = teams.pressed(shown(view), APPROVE, "", APPROVER).toString();
    var stranger = new RSAKeyGenerator(2048).keyID("strangers").generate();
    String good = teams.token(_ -> {}, teams.currentKey(), null);
    String[] parts = good.split("\\.", -1);
    String unsigned = "eyJhbGciOiJub25lIn0." + parts[1] + ".";
    String[] tokens = {
      teams.token(_ -> {}, stranger, null),
      teams.token(_ -> {}, stranger, teams.currentKey().getKeyID()),
      parts[0] + "." + parts[1] + "." + "A".repeat(342),
      parts[0] + "." + parts[1] + ".",
      unsigned,
      "x".repeat(7_000),
      ""
    };

    for (String token : tokens) {
      var reply = new TeamsStandIn.Call("Bearer " + token, activity).to(server.url());
      assertThat(reply.statusCode()).as(token + ": " + reply.body()).isEqualTo(401);
    }
    assertThat(new TeamsStandIn.Call(good, activity).to(server.url()).statusCode()).isEqualTo(401);
    var nothing =
        new TeamsStandIn.Call("", activity)
            .to(URI.create(server.url() + "/v1/callbacks/teams"), "x-request-id", "1");
    assertThat(nothing.statusCode()).isEqualTo(401);
    assertThat(nothing.body()).contains("credential-missing");
    assertThat(tenant.lastAudit("callback:forged").path("detail").asText())
        .isEqualTo("not signed by the Bot Framework");
    assertThat(asking.decisions(view.id())).isEmpty();
  }

  @Test
  void aKeyThatVouchesForAnotherChannelVouchesNotForTeams() {
    var view = asking.asks("{}");
    var call = teams.press(shown(view), APPROVE, "", APPROVER);
    try (var other = new TeamsStandIn();
        var there = new TestServer(SlackTest.SETTINGS + other.settings())) {
      other.endorse("webchat");
      var asks = Asking.of(there);
      assertThat(asks.tenant().owner().put(TEAMS, other.form()).status()).isEqualTo(201);

      assertThat(call.to(there.url()).statusCode()).isEqualTo(401);

      assertThat(asks.tenant().lastAudit("callback:forged").path("detail").asText())
          .isEqualTo("not from Teams");
    }
  }

  @Test
  void theSameActivityIsHeardOnceWhateverElseIsChangedInIt() {
    var view = asking.asks("{}");
    var activity = teams.pressed(shown(view), APPROVE, "", APPROVER);

    var first = teams.call(activity).to(server.url());
    var again = teams.call(activity).to(server.url());
    activity.put("locale", "en-US");
    var changed = teams.call(activity).to(server.url());

    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(changed.statusCode()).isEqualTo(409);
    assertThat(tenant.lastAudit("callback:replayed").path("detail").asText())
        .isEqualTo("heard before");
  }

  @ParameterizedTest
  @ValueSource(ints = {-301, 310})
  void whatIsOldOrOfTheFutureIsNotHeard(int seconds) {
    var view = asking.asks("{}");
    var activity = teams.pressed(shown(view), APPROVE, "", APPROVER);
    Instant then = server.clock.instant().plusSeconds(seconds);
    activity.put("timestamp", then.toString());

    refused(teams.call(activity).to(server.url()), "late", " s ago");

    assertThat(asking.decisions(view.id())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "{\"id\": 1, \"id\": 2}", "\u0000"})
  void whatTheBotFrameworkNeverSendsIsNotRead(String body) {
    String token = "Bearer " + teams.token(_ -> {}, teams.currentKey(), null);

    var reply = new TeamsStandIn.Call(token, body).to(server.url());

    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/id=",
        "/timestamp=yesterday",
        "/from/aadObjectId=",
        "/from/id=29:\u202e",
        "/value/action/verb=redoubt_everything",
        "/value/action/data/approval_id=apr_1"
      })
  void anActivityThatSaysNothingIsRefusedAndRecorded(String change) {
    var view = asking.asks("{}");
    var activity = teams.pressed(shown(view), APPROVE, "", APPROVER);
    int equals = change.indexOf('=');
    int slash = change.lastIndexOf('/');
    ((ObjectNode) activity.at(change.substring(0, slash)))
        .put(change.substring(slash + 1, equals), change.substring(equals + 1));

    var reply = teams.call(activity).to(server.url());

    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
    assertThat(tenant.lastAudit("callback:unreadable").path("verdict").asText()).isEqualTo("deny");
    assertThat(asking.decisions(view.id())).isEmpty();
  }

  @Test
  void whatConcernsNoRequestIsHeardAndNothingComesOfIt() {
    for (String type : List.of("conversationUpdate", "message", "installationUpdate")) {
      var reply = teams.call(teams.activity(type, STRANGER)).to(server.url());

      assertThat(reply.statusCode()).isEqualTo(200);
      assertThat(reply.body()).isEmpty();
    }
  }

  @Test
  void aBodyThatIsTooLargeOrNoJsonIsNotTaken() {
    String token = "Bearer " + teams.token(_ -> {}, teams.currentKey(), null);

    var large = new TeamsStandIn.Call(token, "x".repeat(200_000)).to(server.url());
    var form = server.anybody().with("authorization", token).form("/v1/callbacks/teams", "a=b");

    assertThat(large.statusCode()).isEqualTo(413);
    assertThat(form.status()).isEqualTo(415);
  }

  @ParameterizedTest
  @CsvSource({
    VIEWER + ", may not decide, approvals:decide",
    REMOVED + ", not a member any more, not a member any more",
    STRANGER + ", nobody whom Redoubt knows, nobody here"
  })
  void whoMayNotDecideIsToldAndRecorded(String user, String told, String why) {
    var view = asking.asks("{}");

    assertThat(told(press(view, APPROVE, "", user))).contains(told);
    assertThat(told(press(view, DENY, "no", user.toUpperCase(Locale.ROOT)))).contains(told);

    var audit = tenant.lastAudit("callback:refused");
    assertThat(audit.path("detail").asText()).contains(why);
    assertThat(audit.path("resource").asText()).isEqualTo("teams/" + user);
    assertThat(audit.path("approval_id").asText()).isEqualTo(view.id().toString());
    assertThat(asking.decisions(view.id())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/channelData/tenant/id", "/conversation/tenantId", "/from/tenantId"})
  void peopleOfAnotherTenantHaveNoSay(String where) {
    var view = asking.asks("{}");
    var activity = teams.pressed(shown(view), APPROVE, "", APPROVER);
    int slash = where.lastIndexOf('/');
    ((ObjectNode) activity.at(where.substring(0, slash)))
        .put(where.substring(slash + 1), ELSEWHERE);

    refused(teams.call(activity).to(server.url()), "refused", "of another tenant");

    assertThat(asking.decisions(view.id())).isEmpty();
  }

  @Test
  void aButtonOfARequestThatIsOverSaysSo() {
    var view = asking.asks("{}");
    var call = teams.press(shown(view), APPROVE, "", APPROVER);
    asking.report(Asking.later(view, ApprovalStatus.EXPIRED, 1, List.of()));

    assertThat(told(call.to(server.url()))).contains("expired already");

    assertThat(asking.decisions(view.id())).isEmpty();
    await().until(() -> !shown(view).hasButtons());
  }

  @Test
  void anotherOrganizationsRequestCannotBeNamed() {
    var foreign = Asking.of(server).asks("{}");
    var mine = asking.asks("{}");
    for (ApprovalId other : List.of(foreign.id(), ApprovalId.next(server.clock))) {
      var activity = teams.pressed(shown(mine), APPROVE, "", APPROVER);
      ((ObjectNode) activity.at("/value/action/data")).put("approval_id", other.toString());

      assertThat(told(teams.call(activity).to(server.url()))).isEqualTo("It is not there.");

      assertThat(tenant.lastAudit("callback:refused").path("approval_id").asText())
          .isEqualTo(other.toString());
    }
    assertThat(teams.about(foreign.id().toString())).isEmpty();
  }

  @Test
  void whatTheEnclaveSaysLaterIsToldToWhoPressed() {
    var view = asking.asks("{}");

    assertThat(told(press(view, APPROVE, "", APPROVER))).contains("on its way");
    asking.answer(asking.heard(view.id()), LinkReport.Hearing.NOT_ASKED, view);

    await()
        .until(
            () -> teams.whispersTo(TeamsStandIn.address(APPROVER)),
            it -> it.stream().anyMatch(text -> text.contains("not among those who are asked")));
    var again = teams.press(shown(view), APPROVE, "", APPROVER);
    var answer =
        CompletableFuture.supplyAsync(
            () -> told(again.to(server.url())), Thread::startVirtualThread);
    asking.answer(asking.heard(view.id(), 2), LinkReport.Hearing.HEARD, view);
    assertThat(answer.join()).as("who was not asked may be by now").isEqualTo("Your vote counts.");
  }

  @Test
  void whatTeamsAsksForIsWaited() {
    teams.limit(1, 2);
    long begun = System.nanoTime();

    shown(asking.asks("{}"));

    assertThat(System.nanoTime() - begun).isGreaterThan(1_500_000_000L);
  }

  @Test
  void whatCouldNotBeSaidIsSaidOnceTeamsIsBack() {
    teams.down(true);
    var views = IntStream.range(0, 3).mapToObj(_ -> asking.asks("{}")).toList();
    await().until(() -> !tenant.owner().get(TEAMS).at("/problem").isNull());
    assertThat(tenant.owner().get(TEAMS).at("/waiting").asInt()).isGreaterThanOrEqualTo(3);
    teams.down(false);

    views.forEach(this::shown);

    await().until(() -> tenant.owner().get(TEAMS).at("/waiting").asInt() == 0);
    assertThat(tenant.owner().get(TEAMS).at("/problem").isNull()).isTrue();
  }

  @Test
  void aBotThatWasTakenOutOfItsTeamIsAProblemUntilItIsBack() {
    teams.removed(true);
    var view = asking.asks("{}");
    await().until(() -> tenant.owner().get(TEAMS).text("/problem").equals("status 403"));

    teams.removed(false);

    shown(view);
  }

  @Test
  void aTokenIsUsedUntilItIsGoodNoMore() {
    shown(asking.asks("{}"));
    int before = teams.calls("token");
    shown(asking.asks("{}"));
    assertThat(teams.calls("token")).isEqualTo(before);

    teams.forgetTokens();
    shown(asking.asks("{}"));

    assertThat(teams.calls("token")).isEqualTo(before + 1);
  }

  @Test
  void aCardThatSomebodyDeletedIsPostedAgainWhileItIsNeeded() {
    var view = asking.asks("{}");
    teams.delete(shown(view));

    asking.report(Asking.later(view, ApprovalStatus.PENDING, 2, List.of()));

    assertThat(shown(view).words()).contains("tier 2");
  }

  @Test
  void anAnswerThatIsLostMeansASecondCardAndTheSecondFollows() {
    teams.loseAnswers(1);
    var view = asking.asks("{}");
    await().until(() -> teams.about(view.id().toString()).size() == 2);
    await().until(() -> tenant.owner().get(TEAMS).at("/waiting").asInt() == 0);

    asking.report(Asking.later(view, ApprovalStatus.CANCELLED, 1, List.of()));

    await().until(() -> teams.about(view.id().toString()).getLast().words().contains("Cancelled"));
  }

  @Test
  void twoProcessesSayItOnce() {
    var other = server.another();
    try {
      var views = IntStream.range(0, 12).mapToObj(_ -> asking.asks("{}")).toList();

      await().until(() -> tenant.owner().get(TEAMS).at("/waiting").asInt() == 0);

      views.forEach(view -> assertThat(teams.about(view.id().toString())).hasSize(1));
    } finally {
      other.close();
    }
  }

  @Test
  void anEnclavePassesOnWhatTheBotFrameworkSaid() {
    var view = asking.asks("{}");
    var call = teams.press(shown(view), APPROVE, "", APPROVER);
    var there = URI.create(server.url() + "/enclave/v1/callbacks/teams");
    String key = "Bearer " + asking.enclave().apiKey();
    String proof = "x-redoubt-callback-authorization";

    var forged = call.to(there, "authorization", key, proof, "Bearer a.b.c");
    var bare = call.to(there, "authorization", key);
    var strangers = call.to(there, "authorization", "Bearer nobodys", proof, call.authorization());
    assertThat(asking.decisions(view.id())).isEmpty();
    var passedOn = call.to(there, "authorization", key, proof, call.authorization());

    assertThat(forged.statusCode()).isEqualTo(401);
    assertThat(bare.statusCode()).isEqualTo(401);
    assertThat(strangers.statusCode()).isEqualTo(401);
    assertThat(passedOn.statusCode()).as(passedOn.body()).isEqualTo(200);
    assertThat(said(asking.heard(view.id())).by()).isEqualTo(approver);
  }

  @Test
  void keysAreAskedForOnceAndAnewForOneThatIsUnknownButNotByEveryStranger() throws JOSEException {
    try (var microsoft = new TeamsStandIn();
        var there =
            new TestServer(
                SlackTest.SETTINGS
                    + microsoft.settings()
                    + "\nredoubt.control-plane.channels.teams.keys-pause = 10 m")) {
      microsoft.clock(there.clock);
      var tenantThere = there.newTenant();
      assertThat(tenantThere.owner().put(TEAMS, microsoft.form()).status()).isEqualTo(201);
      Consumer<Integer> speaks =
          status ->
              assertThat(
                      microsoft
                          .call(microsoft.activity("message", STRANGER))
                          .to(there.url())
                          .statusCode())
                  .isEqualTo(status);
      for (int i = 0; i < 3; i++) {
        speaks.accept(200);
      }
      assertThat(microsoft.calls("keys")).isEqualTo(1);

      microsoft.newKey();
      speaks.accept(401);
      assertThat(microsoft.calls("keys")).as("not before the pause is over").isEqualTo(1);
      there.clock.forward(java.time.Duration.ofMinutes(11));
      speaks.accept(200);
      assertThat(microsoft.calls("keys")).isEqualTo(2);

      microsoft.keysDown(true);
      there.clock.forward(java.time.Duration.ofHours(25));
      speaks.accept(200);
      there.clock.forward(java.time.Duration.ofDays(5));
      speaks.accept(503);
      microsoft.keysDown(false);
      microsoft.metadataIssuer("https://evil.example");
      there.clock.forward(java.time.Duration.ofMinutes(11));
      speaks.accept(503);
      microsoft.metadataIssuer(TeamsStandIn.ISSUER);
      there.clock.forward(java.time.Duration.ofMinutes(11));
      speaks.accept(200);
    }
  }

  @Test
  void theSecretIsNeverShownAndSealedAtRest() {
    var shown = tenant.owner().get(TEAMS);

    assertThat(shown.status()).isEqualTo(200);
    assertThat(shown.text("/settings/channel_id")).isEqualTo(TeamsStandIn.CHANNEL);
    assertThat(shown.text()).doesNotContain(TeamsStandIn.SECRET);
    assertThat(
            server.count(
                tenant.id(),
                "SELECT count(*) FROM control.channel WHERE position('stand-in' IN encode(sealed,"
                    + " 'escape')) > 0 OR settings::text LIKE '%app~secret%'"))
        .isZero();
    assertThat(tenant.audit("&operation=channel:put").toString())
        .doesNotContain(TeamsStandIn.SECRET);
  }

  @Test
  void aBotInATenantIsOneOrganizationsAndAnothersChannelIsNotThere() {
    var other = server.newTenant();

    assertThat(other.owner().get(TEAMS).status()).isEqualTo(404);
    assertThat(other.owner().get(TEAMS + "/members").status()).isEqualTo(404);
    assertThat(other.owner().delete(TEAMS).status()).isEqualTo(404);
    assertThat(other.owner().put(TEAMS, teams.form()).status()).isEqualTo(409);
    assertThat(other.owner().get(TEAMS).status()).isEqualTo(404);
  }

  /** More than a callback is looked for among. */
  @Test
  void aBotServesAnyNumberOfTenants() {
    Tenant last = tenant;
    String elsewhere = "";
    for (int i = 0; i < 17; i++) {
      elsewhere = "55555555-aaaa-4bbb-8ccc-%012d".formatted(i);
      teams.alsoIn(elsewhere);
      last = server.newTenant();
      var put = last.owner().put(TEAMS, teams.form().replace(TeamsStandIn.TENANT, elsewhere));
      assertThat(put.status()).as(put.text()).isEqualTo(201);
    }
    var view = asking.asks("{}");
    var activity = teams.pressed(shown(view), APPROVE, "", APPROVER);
    for (String where : List.of("/channelData/tenant", "/conversation", "/from")) {
      String field = where.startsWith("/channelData") ? "id" : "tenantId";
      ((ObjectNode) activity.at(where)).put(field, elsewhere);
    }

    var answer = teams.call(activity).to(server.url());

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(last.lastAudit("callback:refused").path("resource").asText())
        .isEqualTo("teams/" + APPROVER);
    assertThat(asking.decisions(view.id())).isEmpty();
  }

  @Test
  void whoNamesABotMustHaveItsSecret() {
    var other = server.newTenant();

    var reply =
        other.owner().put(TEAMS, teams.form().replace(TeamsStandIn.SECRET, "some-other-secret!"));

    assertThat(reply.status()).as(reply.text()).isEqualTo(422);
    assertThat(reply.text()).contains("/app_secret").doesNotContain("some-other-secret!");
    assertThat(other.owner().get(TEAMS).status()).isEqualTo(404);
  }

  @Test
  void nobodyLendsAStrangerAVoiceAboveTheirOwn() {
    var manager = tenant.clientWith("org:manage");

    var reply =
        manager.put(
            TEAMS + "/members",
            "{\"members\": [{\"user_id\": \"%s\", \"member_id\": \"%s\"}]}"
                .formatted(STRANGER, approver));

    assertThat(reply.status()).as(reply.text()).isEqualTo(403);
    assertThat(tenant.owner().get(TEAMS + "/members").text()).doesNotContain(STRANGER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"app_secret\": \"short\"}",
        "{\"app_id\": \"not-a-guid\"}",
        "{\"service_url\": \"http://example.com/teams/\"}",
        "{\"service_url\": \"https://169.254.169.254/\"}",
        "{\"login_tenant\": \"example.com\"}",
        "{\"channel_id\": \"General\"}",
        "{\"arguments\": \"all\"}"
      })
  void badSettingsAreRefused(String body) throws Exception {
    ObjectNode form = (ObjectNode) Json.LENIENT.readTree(teams.form());
    JsonNode change = Json.LENIENT.readTree(body);
    if (change.isEmpty()) {
      form.removeAll();
    }
    form.setAll((ObjectNode) change);

    assertThat(tenant.owner().put(TEAMS, form.toString()).status()).isEqualTo(422);
  }

  @Test
  void whatCannotBeSaidInTimeIsGivenUpAndRecorded() {
    try (var deaf = new TeamsStandIn();
        var impatient =
            new TestServer(
                SlackTest.SETTINGS
                    + deaf.settings()
                    + "\nredoubt.control-plane.channels.give-up-after = 300 ms")) {
      var there = Asking.of(impatient);
      assertThat(there.tenant().owner().put(TEAMS, deaf.form()).status()).isEqualTo(201);
      deaf.down(true);
      var view = there.asks("{}");

      await().until(() -> !there.tenant().audit("&operation=notice:dead").isEmpty());

      assertThat(there.tenant().lastAudit("notice:dead").path("approval_id").asText())
          .isEqualTo(view.id().toString());
      assertThat(there.tenant().owner().get(TEAMS).at("/dead").asInt()).isEqualTo(1);
    }
  }
}
