package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.SealedBoxes;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests for approval as enclaves report them, and decisions on their way there. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApprovalTest {
  private static final String APPROVALS = "/api/v1/approvals";
  private static final String CLIENTS = "/api/v1/iam/clients";
  private static final String DENY = "{\"decision\": \"deny\", \"reason\": \"too much\"}";
  private static final String APPROVE = "{\"decision\": \"approve\", \"reason\": \"looks right\"}";

  @AutoClose private final TestServer server = new TestServer();
  private Tenant tenant;
  private EnclaveClient enclave;
  private AgentId agent;

  @BeforeAll
  void start() {
    tenant = server.newTenant();
    enclave = tenant.newEnclave("main");
    agent = AgentId.parse(tenant.newAgent("builder"));
    enclave.connect();
  }

  private ApprovalView view(
      ApprovalId id, AgentId of, ApprovalStatus status, int version, @Nullable JsonNode arguments) {
    var now = server.clock.instant();
    return new ApprovalView(
        id,
        status,
        of,
        "mem_owner",
        Plane.TOOL,
        "tool:call",
        null,
        "transfer",
        arguments,
        "beef",
        ActionId.next(server.clock),
        List.of("ask"),
        "default",
        1,
        35,
        List.of(),
        0,
        now,
        status == ApprovalStatus.PENDING ? now.plusSeconds(900) : null,
        null,
        version,
        List.of());
  }

  private static ObjectNode arguments() {
    return Json.LENIENT
        .createObjectNode()
        .put("to", "mallory\u0000\u202e")
        .put("amount", new BigDecimal("1000000000000000000000.01"));
  }

  private ApprovalView reported(ApprovalStatus status) {
    var view = view(ApprovalId.next(server.clock), agent, status, 1, arguments());
    report(view);
    return view;
  }

  private void report(ApprovalView view) {
    var reply = enclave.report(EnclaveClient.json(new LinkReport.ApprovalSeen(tenant.id(), view)));
    assertThat(reply.status()).as(reply.text()).isEqualTo(204);
  }

  private Reply show(ApprovalId id) {
    return tenant.owner().get(APPROVALS + "/" + id);
  }

  private CompletableFuture<Reply> deciding(ApprovalId id, String body) {
    return CompletableFuture.supplyAsync(
        () -> tenant.owner().post(APPROVALS + "/" + id + "/decision", body),
        Thread::startVirtualThread);
  }

  private CommandEnvelope heard(ApprovalId id) {
    return await().until(() -> decisions(id), found -> !found.isEmpty()).getFirst();
  }

  private List<CommandEnvelope> decisions(ApprovalId id) {
    return enclave.commands.stream()
        .filter(
            c -> c.command() instanceof LinkCommand.DecideApproval it && it.approvalId().equals(id))
        .toList();
  }

  private void answer(CommandEnvelope command, LinkReport.Hearing outcome, ApprovalView view) {
    var reply =
        enclave.report(
            EnclaveClient.json(
                new LinkReport.ApprovalVoted(
                    tenant.id(), view.id(), command.number(), outcome, view)));
    assertThat(reply.status()).as(reply.text()).isEqualTo(204);
  }

  private ApprovalView later(ApprovalView view, ApprovalStatus status, int version) {
    return view(view.id(), view.agentId(), status, version, null);
  }

  @Test
  void whatAnEnclaveAsksIsShownWithTheExactArguments() {
    var view = reported(ApprovalStatus.PENDING);

    var shown = show(view.id());
    var listed = tenant.owner().get(APPROVALS + "?status=pending&agent_id=" + agent);

    assertThat(shown.status()).as(shown.text()).isEqualTo(200);
    assertThat(shown.text("/status")).isEqualTo("pending");
    assertThat(shown.text("/arguments/to")).isEqualTo("mallory\u0000\u202e");
    assertThat(shown.text()).contains("1000000000000000000000.01");
    assertThat(shown.text("/action_digest")).isEqualTo("beef");
    assertThat(listed.at("/items").findValuesAsText("id")).contains(view.id().toString());
    assertThat(tenant.owner().get(APPROVALS + "?status=denied").text())
        .doesNotContain(view.id().toString());
  }

  @Test
  void anOlderReportUndoesNothingAndWhatIsOverKeepsNoArguments() {
    var view = reported(ApprovalStatus.PENDING);

    report(view(view.id(), agent, ApprovalStatus.DENIED, 3, arguments()));
    report(view(view.id(), agent, ApprovalStatus.PENDING, 2, arguments()));

    assertThat(show(view.id()).text("/status")).isEqualTo("denied");
    assertThat(show(view.id()).at("/arguments").isNull()).isTrue();
  }

  @Test
  void aDecisionGoesToTheEnclaveAndItsWordIsTheAnswer() {
    var view = reported(ApprovalStatus.PENDING);

    var deciding = deciding(view.id(), APPROVE);
    var command = heard(view.id());
    answer(command, LinkReport.Hearing.HEARD, later(view, ApprovalStatus.APPROVED, 3));

    var said = (LinkCommand.DecideApproval) command.command();
    assertThat(said.decision()).isEqualTo(ApprovalView.Decision.APPROVE);
    assertThat(said.reason()).isEqualTo("looks right");
    assertThat(deciding.join().status()).as(deciding.join().text()).isEqualTo(200);
    assertThat(deciding.join().text("/status")).isEqualTo("approved");
    assertThat(show(view.id()).text("/status")).isEqualTo("approved");
    var audit = tenant.lastAudit("approval:approve");
    assertThat(audit.path("detail").asText()).isEqualTo("looks right");
    assertThat(audit.path("actor").asText()).isEqualTo(said.by());
    assertThat(deciding(view.id(), APPROVE).join().status()).isEqualTo(409);
    var refused = tenant.lastAudit("approval:refused");
    assertThat(refused.path("approval_id").asText()).isEqualTo(view.id().toString());
    assertThat(refused.path("verdict").asText()).isEqualTo("deny");
    assertThat(refused.path("actor").asText()).isEqualTo(said.by());
    assertThat(refused.path("detail").asText())
        .isEqualTo("approve, through control-plane: it is approved already");
  }

  @Test
  void aVoteThatWaitsForItsEnclaveIsWithdrawnWithWhatItsVoterMightDo() {
    var own = server.newTenant();
    var away = own.newEnclave("away");
    assertThat(away.hello().status()).isEqualTo(200);
    var asking = new Asking(own, away, AgentId.parse(own.newAgent("builder")));
    String member = asking.member("Mo", "approver");
    var service =
        own.owner().post(CLIENTS, "{\"name\": \"s\", \"permissions\": [\"approvals:decide\"]}");
    var voters =
        List.of(
            own.owner().post(CLIENTS, "{\"name\": \"m\", \"member_id\": \"" + member + "\"}"),
            service);
    var votes = new ArrayList<ApprovalView>();
    for (var voter : voters) {
      var view = asking.asks("{}");
      var client = server.login(voter.text("/client/id"), voter.text("/client_secret"), null);
      assertThat(client.post(APPROVALS + "/" + view.id() + "/decision", APPROVE).status())
          .isEqualTo(202);
      votes.add(view);
    }
    var denied = asking.asks("{}");
    var leaver = server.login(service.text("/client/id"), service.text("/client_secret"), null);
    assertThat(leaver.post(APPROVALS + "/" + denied.id() + "/decision", DENY).status())
        .isEqualTo(202);
    var stays = asking.asks("{}");
    assertThat(own.owner().post(APPROVALS + "/" + stays.id() + "/decision", APPROVE).status())
        .isEqualTo(202);
    assertThat(own.owner().delete("/api/v1/iam/members/" + member).status()).isBetween(200, 204);
    assertThat(own.owner().delete(CLIENTS + "/" + service.text("/client/id")).status())
        .isBetween(200, 204);

    away.connect();

    for (var view : votes) {
      assertThat(((LinkCommand.DecideApproval) asking.heard(view.id()).command()).withdrawn())
          .isTrue();
    }
    var said = (LinkCommand.DecideApproval) asking.heard(stays.id()).command();
    assertThat(said.withdrawn()).isFalse();
    var denial = (LinkCommand.DecideApproval) asking.heard(denied.id()).command();
    assertThat(denial.withdrawn()).as("nothing is permitted by it").isFalse();
  }

  /** Its member is still there, and may never have said so: a stolen client speaks for them. */
  @Test
  void aVoteThatWaitsForItsEnclaveIsWithdrawnWithTheClientThatItWasCastThrough() {
    var own = server.newTenant();
    var away = own.newEnclave("away");
    assertThat(away.hello().status()).isEqualTo(200);
    var asking = new Asking(own, away, AgentId.parse(own.newAgent("builder")));
    String ofMo = "\", \"member_id\": \"" + asking.member("Mo", "approver") + "\"}";
    var lost = own.owner().post(CLIENTS, "{\"name\": \"lost" + ofMo);
    var kept = own.owner().post(CLIENTS, "{\"name\": \"kept" + ofMo);
    var approved = asking.asks("{}");
    var denied = asking.asks("{}");
    var stays = asking.asks("{}");
    assertThat(saysThrough(lost, approved, APPROVE).status()).isEqualTo(202);
    assertThat(saysThrough(lost, denied, DENY).status()).isEqualTo(202);
    assertThat(saysThrough(kept, stays, APPROVE).status()).isEqualTo(202);
    assertThat(own.owner().delete(CLIENTS + "/" + lost.text("/client/id")).status())
        .isBetween(200, 204);

    away.connect();

    assertThat(isWithdrawn(asking, approved)).isTrue();
    assertThat(isWithdrawn(asking, denied)).as("nothing is permitted by it").isFalse();
    assertThat(isWithdrawn(asking, stays)).isFalse();
  }

  private Reply saysThrough(Reply client, ApprovalView view, String decision) {
    return server
        .login(client.text("/client/id"), client.text("/client_secret"), null)
        .post(APPROVALS + "/" + view.id() + "/decision", decision);
  }

  private static boolean isWithdrawn(Asking asking, ApprovalView view) {
    return ((LinkCommand.DecideApproval) asking.heard(view.id()).command()).withdrawn();
  }

  @Test
  void whatIsNoDecisionIsOnRecordWithoutWhatItSaysAndAFloodOfItInPart() {
    var view = reported(ApprovalStatus.PENDING);
    var path = APPROVALS + "/" + view.id() + "/decision";
    var approver = tenant.clientWith("approvals:read", "approvals:decide");

    assertThat(approver.post(path, "{\"decision\":").status()).isEqualTo(400);
    assertThat(approver.post(path, "{\"hunter2\":1}").status()).isEqualTo(422);
    var tooLong = "{\"decision\":\"deny\",\"reason\":\"" + "hunter2 ".repeat(130_000) + "\"}";
    assertThat(approver.post(path, tooLong).status()).isEqualTo(422);

    assertThat(refusals(view))
        .extracting(record -> record.path("detail").asText())
        .containsExactly(
            "no decision, through control-plane: invalid-request, /reason",
            "no decision, through control-plane: invalid-request",
            "no decision, through control-plane: malformed-request");
    assertThat(refusals(view).toString()).doesNotContain("hunter2");
    for (int i = 0; i < 100; i++) {
      approver.post(path, "{");
    }
    assertThat(refusals(view)).hasSizeBetween(4, 60);
    assertThat(tenant.owner().post(path, "{").status()).isEqualTo(400);
    assertThat(tenant.lastAudit("approval:refused").path("actor").asText())
        .as("whom nobody silences")
        .isNotEqualTo(refusals(view).getLast().path("actor").asText());
    var stranger = server.newTenant();
    assertThat(stranger.owner().post(path, "{").status()).isEqualTo(400);
    var foreign = stranger.lastAudit("approval:refused");
    assertThat(foreign.path("approval_id").isMissingNode() || foreign.path("approval_id").isNull())
        .as("as of one that is not there")
        .isTrue();
  }

  private List<JsonNode> refusals(ApprovalView view) {
    return tenant.audit("&operation=approval:refused").stream()
        .filter(record -> record.path("approval_id").asText().equals(view.id().toString()))
        .toList();
  }

  private List<JsonNode> seen(ApprovalView view) {
    return tenant.audit("&operation=approval:seen").stream()
        .filter(record -> record.path("approval_id").asText().equals(view.id().toString()))
        .toList();
  }

  @Test
  void whoMayDecideHasSeenItAndThatIsOnRecordOnce() {
    var view = reported(ApprovalStatus.PENDING);
    var approver = tenant.clientWith("approvals:read", "approvals:decide");

    tenant.clientWith("approvals:read").get(APPROVALS + "/" + view.id());
    server.newTenant().owner().get(APPROVALS + "/" + view.id());
    tenant.owner().get(APPROVALS);
    assertThat(seen(view)).isEmpty();
    Http.atOnce(4, () -> approver.get(APPROVALS + "/" + view.id()).status())
        .forEach(status -> assertThat(status).isEqualTo(200));
    show(view.id());

    assertThat(seen(view)).hasSize(2);
    var first = seen(view).getLast();
    assertThat(first.path("plane").asText()).isEqualTo("approval");
    assertThat(first.path("actor_kind").asText()).isEqualTo("operator");
    assertThat(first.path("agent_id").asText()).isEqualTo(agent.toString());
    assertThat(first.path("detail").asText()).isEqualTo("through control-plane");
  }

  @Test
  void whatIsOverWhenItIsLookedAtWasNotSeenInTime() {
    var view = reported(ApprovalStatus.DENIED);

    assertThat(show(view.id()).status()).isEqualTo(200);

    assertThat(seen(view)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"DECIDED,409", "NOT_ASKED,403", "VOTED_BEFORE,409", "UNKNOWN,404", "NOT_FRESH,401"})
  void whatTheEnclaveDoesNotHearIsSaid(LinkReport.Hearing outcome, int status) {
    var view = reported(ApprovalStatus.PENDING);

    var deciding = deciding(view.id(), APPROVE);
    answer(heard(view.id()), outcome, later(view, ApprovalStatus.EXPIRED, 3));

    assertThat(deciding.join().status()).isEqualTo(status);
  }

  @Test
  void whatTheEnclaveCannotCarryOutIsSaidAndMayBeSaidAgain() {
    var view = reported(ApprovalStatus.PENDING);

    var deciding = deciding(view.id(), APPROVE);
    var rejected = new LinkReport.Rejected(heard(view.id()).number(), "it is ill");
    assertThat(enclave.report(EnclaveClient.json(rejected)).status()).isEqualTo(204);

    var refused = deciding.join();
    assertThat(refused.status()).isEqualTo(502);
    assertThat(refused.text()).contains("it is ill");
    var again = deciding(view.id(), APPROVE);
    await().until(() -> decisions(view.id()).size() == 2);
    answer(decisions(view.id()).getLast(), LinkReport.Hearing.HEARD, view);
    assertThat(again.join().status()).isEqualTo(200);
  }

  @Test
  void anEnclaveThatIsAwayHearsOfItLater() {
    var other = server.newTenant();
    var away = other.newEnclave("away");
    var id = ApprovalId.next(server.clock);
    var view = view(id, AgentId.parse(other.newAgent("builder")), ApprovalStatus.PENDING, 1, null);
    away.report(EnclaveClient.json(new LinkReport.ApprovalSeen(other.id(), view)));

    var reply = other.owner().post(APPROVALS + "/" + id + "/decision", APPROVE);

    assertThat(reply.status()).as(reply.text()).isEqualTo(202);
    assertThat(reply.at("/pending").asBoolean()).isTrue();
    try (away) {
      away.connect();
      assertThat(away.command(LinkCommand.DecideApproval.class).approvalId()).isEqualTo(id);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"decision\": \"maybe\"}",
        "{\"decision\": \"deny\"}",
        "{\"decision\": \"approve\", \"reason\": \"a\\u0000b\"}",
        "{\"decision\": \"approve\", \"by\": \"mem_2\"}"
      })
  void badDecisionsAreRefused(String body) {
    var view = reported(ApprovalStatus.PENDING);

    var reply = deciding(view.id(), body).join();

    assertThat(reply.status()).as(reply.text()).isEqualTo(422);
    var huge =
        deciding(view.id(), "{\"decision\": \"deny\", \"reason\": \"" + "x".repeat(1 << 20) + "\"}")
            .join();
    assertThat(huge.status()).isIn(413, 422);
  }

  private ApprovalView editable() {
    ObjectNode view =
        Json.LENIENT.valueToTree(
            view(ApprovalId.next(server.clock), agent, ApprovalStatus.PENDING, 1, arguments()));
    try {
      var read = Json.LENIENT.treeToValue(view.put("editable", true), ApprovalView.class);
      report(read);
      return read;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final String EDIT =
      "{\"decision\": \"approve\", \"reason\": \"less\", \"arguments\":"
          + " {\"to\": \"ann\", \"amount\": 1000000000000000000000.010}}";

  @Test
  void aChangedCallGoesToTheEnclaveAloneAndItsWordIsTheAnswer() {
    var view = editable();

    var deciding = deciding(view.id(), EDIT);
    var command = heard(view.id());
    var said = (LinkCommand.DecideApproval) command.command();
    answer(command, LinkReport.Hearing.HEARD, later(view, ApprovalStatus.EDITED, 3));

    assertThat(deciding.join().status()).as(deciding.join().text()).isEqualTo(200);
    assertThat(deciding.join().text("/status")).isEqualTo("edited");
    byte[] opened =
        SealedBoxes.open(
            enclave.enrolmentKey,
            LinkCommand.DecideApproval.purpose(EnclaveId.parse(enclave.id), tenant.id(), view.id()),
            Objects.requireNonNull(said.arguments()));
    assertThat(new String(opened, StandardCharsets.UTF_8))
        .as("every digit, and in one form")
        .isEqualTo("{\"amount\":1.00000000000000000000001e+21,\"to\":\"ann\"}");
    assertThat(
            server.count(
                tenant.id(),
                "SELECT count(*) FROM control.enclave_command WHERE payload::text LIKE"
                    + " '%00000000000000000001e+21%'"))
        .as("in nobody else's words")
        .isZero();
    assertThat(tenant.lastAudit("approval:edit").path("detail").asText()).isEqualTo("less");
    assertThat(tenant.owner().get(APPROVALS + "?status=edited").text())
        .contains(view.id().toString());
  }

  @Test
  void whatTheEnclaveDoesNotLetBeChangedIsSaidInItsWords() {
    var view = editable();

    var deciding = deciding(view.id(), EDIT);
    var command = heard(view.id());
    var reply =
        enclave.report(
            EnclaveClient.json(
                new LinkReport.ApprovalVoted(
                    tenant.id(),
                    view.id(),
                    command.number(),
                    LinkReport.Hearing.EDIT_REFUSED,
                    view,
                    "Policy denies the changed call: never.")));
    assertThat(reply.status()).as(reply.text()).isEqualTo(204);

    assertThat(deciding.join().status()).isEqualTo(422);
    assertThat(deciding.join().text("/errors/0/pointer")).isEqualTo("/arguments");
    assertThat(deciding.join().text("/errors/0/detail")).contains("never");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"decision\": \"approve\", \"arguments\": []}",
        "{\"decision\": \"approve\", \"arguments\": 7}",
        "{\"decision\": \"approve\", \"arguments\": \"{}\"}",
        "{\"decision\": \"approve\", \"arguments\": {\"a\": [1000000000000000000000000]}}",
        "{\"decision\": \"approve\", \"arguments\": {\"a\": 9223372036854775808}}",
        "{\"decision\": \"deny\", \"reason\": \"no\", \"arguments\": {}}"
      })
  void badChangesAreRefused(String body) {
    var reply = deciding(editable().id(), body).join();

    assertThat(reply.status()).as(reply.text()).isEqualTo(422);
  }

  @Test
  void whatIsUnreadableOrTooLargeIsNoChange() {
    var view = editable();

    var twice =
        deciding(view.id(), "{\"decision\": \"approve\", \"arguments\": {\"a\": 1, \"a\": 2}}")
            .join();
    var deep =
        deciding(
                view.id(),
                "{\"decision\": \"approve\", \"arguments\": {\"a\": "
                    + "[".repeat(70)
                    + "]".repeat(70)
                    + "}}")
            .join();
    var large =
        deciding(
                view.id(),
                "{\"decision\": \"approve\", \"arguments\": {\"a\": \""
                    + "x".repeat(1 << 16)
                    + "\"}}")
            .join();

    assertThat(twice.status()).as(twice.text()).isIn(400, 422);
    assertThat(deep.status()).as(deep.text()).isIn(400, 422);
    assertThat(large.status()).as(large.text()).isEqualTo(422);
    assertThat(show(view.id()).text("/status")).isEqualTo("pending");
  }

  @Test
  void whatCannotBeChangedIsNotSentAndNobodyChangesWithoutPermission() {
    var fixed = reported(ApprovalStatus.PENDING);
    var view = editable();
    var decider = tenant.clientWith("approvals:read", "approvals:decide");

    assertThat(deciding(fixed.id(), EDIT).join().status()).isEqualTo(422);
    assertThat(decider.post(APPROVALS + "/" + view.id() + "/decision", EDIT).status())
        .isEqualTo(403);
    assertThat(
            server
                .newTenant()
                .owner()
                .post(APPROVALS + "/" + view.id() + "/decision", EDIT)
                .status())
        .isEqualTo(404);
    assertThat(tenant.lastAudit("operator:refused").path("detail").asText())
        .isEqualTo("needs approvals:edit");
    assertThat(
            enclave.commands.stream()
                .filter(c ->
                    c.command() instanceof LinkCommand.DecideApproval it
                        && (it.approvalId().equals(fixed.id())
                            || it.approvalId().equals(view.id()))))
        .isEmpty();
  }

  @Test
  void onlyThosePermittedSeeAndDecideThem() {
    var view = reported(ApprovalStatus.PENDING);
    var reader = tenant.clientWith("approvals:read");
    var other = tenant.clientWith("agents:read");

    assertThat(reader.get(APPROVALS + "/" + view.id()).status()).isEqualTo(200);
    assertThat(reader.post(APPROVALS + "/" + view.id() + "/decision", APPROVE).status())
        .isEqualTo(403);
    assertThat(other.get(APPROVALS).status()).isEqualTo(403);
  }

  @Test
  void anotherOrganizationsRequestsDoNotExist() {
    var view = reported(ApprovalStatus.PENDING);
    var stranger = server.newTenant().owner();

    var shown = stranger.get(APPROVALS + "/" + view.id());
    var decided = stranger.post(APPROVALS + "/" + view.id() + "/decision", APPROVE);

    assertThat(shown.status()).isEqualTo(404);
    assertThat(decided.status()).isEqualTo(404);
    assertThat(stranger.get(APPROVALS).at("/items")).isEmpty();
    assertThat(show(view.id()).text("/status")).isEqualTo("pending");
  }

  @Test
  void anEnclaveIsBelievedAboutItsOwnAgentsOnly() {
    var other = server.newTenant();
    var foreign = other.newEnclave("other");
    var view = reported(ApprovalStatus.PENDING);

    foreign.report(
        EnclaveClient.json(
            new LinkReport.ApprovalSeen(tenant.id(), later(view, ApprovalStatus.APPROVED, 9))));
    var made = view(ApprovalId.next(server.clock), agent, ApprovalStatus.PENDING, 1, null);
    foreign.report(EnclaveClient.json(new LinkReport.ApprovalSeen(tenant.id(), made)));

    assertThat(show(view.id()).text("/status")).isEqualTo("pending");
    assertThat(show(made.id()).status()).isEqualTo(404);
  }
}
