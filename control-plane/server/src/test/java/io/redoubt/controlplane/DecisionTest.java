package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.EnclaveId;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Decisions of the past: explained from their records, and made again by other policies. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DecisionTest {
  private static final String POLICIES = "/api/v1/policies";
  private static final String BUNDLES = "/api/v1/bundles";
  private static final String REPLAY = POLICIES + "/replay";
  private static final String SHADOW = POLICIES + "/shadow";
  private static final String NO_OPUS = "forbid (principal, action, resource == Model::\"opus\");";

  @AutoClose private final TestServer server = new TestServer();
  private Tenant tenant;
  private EnclaveClient enclave;
  private AgentId agent;
  private long delivered;

  @BeforeEach
  void newTenant() {
    tenant = server.newTenant();
    enclave = tenant.newEnclave("main");
    enclave.hello();
    agent = AgentId.parse(tenant.newAgent("agent"));
    delivered = 0;
  }

  private void put(String name, String cedar) {
    assertThat(
            tenant
                .owner()
                .put(POLICIES + "/" + name, EnclaveClient.json(Map.of("cedar", cedar)))
                .status())
        .isIn(200, 201);
  }

  private AuditBuilder record(Plane plane, String operation, String resource, Verdict verdict) {
    return new AuditBuilder(
            ActionId.next(server.clock).auditId(),
            server.clock.instant().truncatedTo(ChronoUnit.MICROS),
            tenant.id(),
            plane,
            operation,
            verdict)
        .agent(agent, "mbr_x")
        .byAgent()
        .at(EnclaveId.parse(enclave.id), "node-1")
        .resource(resource);
  }

  /** A call of a model that the starter permitted. */
  private AuditBuilder call(String model) {
    return record(Plane.LLM, "llm:generate", model, Verdict.PERMIT)
        .connector("anthropic")
        .policies(List.of("starter"), 1)
        .risk(0);
  }

  private void deliver(AuditRecord... records) {
    var lines =
        Arrays.stream(records)
            .map(it -> "{\"record\": " + EnclaveClient.json(it) + "}")
            .toArray(String[]::new);
    assertThat(enclave.audit(tenant.id().toString(), delivered + 1, lines).status()).isEqualTo(200);
    delivered += records.length;
    server.clock.forward(Duration.ofSeconds(1));
  }

  /** A call of a model that was not permitted. */
  private AuditBuilder denial() {
    return record(Plane.LLM, "llm:generate", "opus", Verdict.DENY);
  }

  private Reply explained(Http who, AuditRecord record) {
    return who.get("/api/v1/audit/" + record.id() + "/explanation");
  }

  private String summary(AuditRecord record) {
    return explained(tenant.owner(), record).text("/summary");
  }

  @Test
  void aDenialIsExplainedFromItsRecordAndTheVersionThatDecided() {
    put("guard", "// what is dear\n" + NO_OPUS + "\n@id(\"late\")\n" + NO_OPUS);
    put("watch", "@shadow\nforbid (principal, action, resource);");
    tenant.owner().post(BUNDLES, "{}");
    var denied =
        denial()
            .connector("anthropic")
            .policies(List.of("guard", "guard#late"), 2)
            .risk(40)
            .findings(List.of("pii:email"))
            .coverage(new Coverage(List.of(), List.of(new Coverage.Gap("image", "not text"))))
            .detail(
                "risk 40: off-intent 30, new-operation 10; alert of guard: dear; in shadow deny by"
                    + " guard guard#late watch")
            .build();
    deliver(denied);
    put("guard", "// now something else");
    tenant.owner().post(BUNDLES, "{}");

    var reply = explained(tenant.owner(), denied);

    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertThat(reply.text("/summary"))
        .isEqualTo("Denied by guard, guard#late in version 2 of the policies.");
    assertThat(reply.at("/bundle/version").asLong()).isEqualTo(2);
    assertThat(reply.text("/policies/0/text")).isEqualTo(NO_OPUS);
    assertThat(reply.text("/policies/0/effect")).isEqualTo("forbid");
    assertThat(reply.text("/policies/1/text")).startsWith("@id(\"late\")");
    assertThat(reply.text("/risk/0/name")).isEqualTo("off-intent");
    assertThat(reply.at("/risk/0/points").asInt()).isEqualTo(30);
    assertThat(reply.text("/alerts/0/text")).isEqualTo("dear");
    assertThat(reply.text("/shadow/verdict")).isEqualTo("deny");
    assertThat(reply.text("/shadow/policies/2/text")).startsWith("@shadow");
    assertThat(reply.text("/record/agent_id")).isEqualTo(agent.toString());
    assertThat(reply.text("/record/findings/0")).isEqualTo("pii:email");
    assertThat(reply.text("/record/coverage/not_inspected/0/what")).isEqualTo("image");
    assertThat(
            tenant
                .owner()
                .get("/api/v1/audit/" + new ActionId(denied.id().uuid()) + "/explanation")
                .at("/summary"))
        .as("by the id that the agent was told")
        .isEqualTo(reply.at("/summary"));
  }

  @Test
  void whatNoPolicyDecidedIsExplainedByWhatWasRecorded() {
    var unasked = denial().detail("agent-not-active").build();
    var unpermitted = denial().policies(List.of(), 1).detail("no policy permits it").build();
    var refused = denial().policies(List.of("starter"), 1).detail("the fence was raised").build();
    var older = denial().policies(List.of("gone"), 77).build();
    deliver(unasked, unpermitted, refused, older);

    assertThat(summary(unasked)).isEqualTo("Denied without asking a policy: agent-not-active.");
    assertThat(summary(unpermitted))
        .isEqualTo("Denied: nothing in version 1 of the policies permits it.");
    assertThat(summary(refused))
        .isEqualTo(
            "Denied although starter in version 1 of the policies permits it: the fence was"
                + " raised.");
    var unknown = explained(tenant.owner(), older);
    assertThat(unknown.text("/unknown/0")).contains("not known here");
    assertThat(unknown.at("/policies/0/text").isNull()).isTrue();
    assertThat(unknown.at("/bundle").isNull()).isTrue();
  }

  private static final String NO_ROOM =
      "budget_exhausted: The agent's budget of 10 USD a day leaves no room: 9 USD spent, 0 USD kept"
          + " for calls under way, and this one may take up to 2 USD; the next day begins at"
          + " 2026-01-02T00:00:00Z (UTC)";

  /** What permits does not deny, whoever asks. */
  @Test
  void aDenialByABudgetIsNotSaidToBeThePolicies() {
    var broke =
        denial()
            .policies(List.of("starter"), 1)
            .risk(30)
            .detail(NO_ROOM + "; risk 30: off-intent 30")
            .build();
    deliver(broke);

    var reply = explained(tenant.owner(), broke);

    assertThat(reply.text("/summary"))
        .isEqualTo(
            "Denied although starter in version 1 of the policies permits it: " + NO_ROOM + ".");
    assertThat(explained(tenant.clientWith("audit:read"), broke).text("/summary"))
        .as("without the texts")
        .isEqualTo(reply.text("/summary"));
    assertThat(reply.text("/risk/0/name")).isEqualTo("off-intent");
  }

  @Test
  void aDenialForWhatWasFoundNamesTheLayerAndWhatWasInspected() {
    var found =
        denial()
            .policies(List.of("content:organization"), 1)
            .findings(List.of("pii:email"))
            .coverage(
                new Coverage(
                    List.of("messages"),
                    List.of(new Coverage.Gap("image", "not text")),
                    List.of(new Coverage.Act("pii:email", "block", "organization"))))
            .detail("policy_denied")
            .build();
    deliver(found);

    var reply = explained(tenant.owner(), found);

    assertThat(reply.text("/summary"))
        .isEqualTo("Denied by content:organization in version 1 of the policies.");
    assertThat(reply.text("/policies/0/effect")).isEqualTo("forbid");
    assertThat(reply.text("/record/coverage/inspected/0")).isEqualTo("messages");
    assertThat(reply.text("/record/coverage/acted/0/action")).isEqualTo("block");
    assertThat(reply.text("/record/coverage/not_inspected/0/why")).isEqualTo("not text");
    assertThat(explained(tenant.clientWith("audit:read"), found).text("/summary"))
        .isEqualTo(reply.text("/summary"));
  }

  private static final String ASKS =
      "@escalate(\"leads\") forbid (principal, action, resource) unless { context has approval };";

  @Test
  void whatWasLeftToSomebodyIsExplainedBeforeAndAfter() {
    put("guard", ASKS);
    tenant.owner().post(BUNDLES, "{}");
    var approval = ApprovalId.next(server.clock);
    var asked =
        record(Plane.LLM, "llm:generate", "opus", Verdict.ESCALATE)
            .policies(List.of("guard"), 2)
            .approval(approval)
            .detail("approval_needed; workflow leads")
            .build();
    var granted =
        record(Plane.APPROVAL, "approval:granted", "llm:generate opus", Verdict.PERMIT)
            .policies(List.of("guard"), 2)
            .approval(approval)
            .detail("tier 1 of workflow leads")
            .build();
    var permitted =
        record(Plane.LLM, "llm:generate", "opus", Verdict.PERMIT)
            .policies(List.of("starter"), 2)
            .approval(approval)
            .build();
    var refused =
        denial()
            .policies(List.of("guard"), 2)
            .approval(approval)
            .detail("approval_denied; workflow leads")
            .build();
    var tooMany =
        denial().policies(List.of("guard"), 2).detail("too_many_approvals; workflow leads").build();
    deliver(asked, granted, permitted, refused, tooMany);

    var first = explained(tenant.owner(), asked);
    assertThat(first.text("/summary"))
        .isEqualTo(
            "Left to somebody to approve by guard in version 2 of the policies: " + approval + ".");
    assertThat(first.text("/workflows/0")).isEqualTo("leads");
    assertThat(summary(granted))
        .isEqualTo(
            "approval:granted of %s, which guard in version 2 of the policies asked for: tier 1 of"
                    .formatted(approval)
                + " workflow leads.");
    assertThat(summary(permitted))
        .isEqualTo("Permitted by starter in version 2 of the policies, with " + approval + ".");
    assertThat(summary(refused))
        .isEqualTo(
            "Denied, since %s was not granted, which guard in version 2 of the policies asked for:"
                    .formatted(approval)
                + " approval_denied.");
    assertThat(summary(tooMany))
        .isEqualTo("Denied by guard in version 2 of the policies: too_many_approvals.");
  }

  /** It may be a policy that permits which failed: then it neither permits nor denies. */
  @Test
  void whatCouldNotBeEvaluatedIsSaidToBeSo() {
    var failed =
        record(Plane.TOOL, "tool:call", "pay", Verdict.DENY)
            .policies(List.of("starter"), 1)
            .detail("policy_denied; in the reply to act_1; starter: integer overflow")
            .build();
    var unjudged =
        record(Plane.TOOL, "tool:call", "pay", Verdict.DENY)
            .policies(List.of(), 1)
            .detail("policy_denied; the arguments cannot be judged: no JSON")
            .build();
    var unpermitted =
        record(Plane.TOOL, "tool:call", "pay", Verdict.DENY)
            .policies(List.of(), 1)
            .detail("policy_denied; in the reply to act_1; no policy permits it")
            .build();
    deliver(failed, unjudged, unpermitted);

    assertThat(summary(failed))
        .isEqualTo(
            "Denied, since starter in version 1 of the policies could not be evaluated: in the reply"
                + " to act_1; starter: integer overflow.");
    assertThat(summary(unjudged))
        .isEqualTo("Denied by version 1 of the policies: the arguments cannot be judged: no JSON.");
    assertThat(summary(unpermitted))
        .isEqualTo("Denied: nothing in version 1 of the policies permits it.");
  }

  @Test
  void whatWasPermittedAndReportedOrWatchedSaysWhatOfIt() {
    var reported =
        call("opus")
            .detail("alert of starter: look; in shadow deny by content-is-dear starter")
            .build();
    deliver(reported);

    var reply = explained(tenant.owner(), reported);

    assertThat(reply.text("/summary"))
        .isEqualTo("Permitted by starter in version 1 of the policies.");
    assertThat(reply.text("/bundle/version")).isEqualTo("1");
    assertThat(reply.text("/alerts/0/policy_id")).isEqualTo("starter");
    assertThat(reply.text("/shadow/verdict")).isEqualTo("deny");
    assertThat(reply.text("/shadow/policies/0/id")).isEqualTo("content-is-dear");
  }

  @Test
  void whoMayNotReadPoliciesIsNotShownTheirTexts() {
    var permitted = call("opus").build();
    deliver(permitted);

    var reply = explained(tenant.clientWith("audit:read"), permitted);

    assertThat(reply.text("/policies/0/id")).isEqualTo("starter");
    assertThat(reply.at("/policies/0/text").isNull()).isTrue();
    assertThat(reply.at("/unknown").toString()).contains("policies:read");
  }

  @Test
  void anothersDecisionIsExplainedToNobody() {
    var permitted = call("opus").build();
    deliver(permitted);

    assertThat(explained(server.newTenant().owner(), permitted).status()).isEqualTo(404);
    assertThat(tenant.owner().get("/api/v1/audit/x/explanation").status()).isEqualTo(404);
  }

  @Test
  void recordedActionsAreReplayedAndTheVerdictsThatWouldChangeAreShown() {
    deliver(call("opus").build(), call("sonnet").build(), call("opus").build());
    put("no-opus", NO_OPUS);

    var reply = tenant.owner().post(REPLAY, "{}");

    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertThat(reply.at("/records").asInt()).isEqualTo(3);
    assertThat(reply.at("/replayed").asInt()).isEqualTo(3);
    assertThat(reply.at("/unchanged").asInt()).isEqualTo(1);
    assertThat(reply.at("/changes")).hasSize(1);
    assertThat(reply.text("/changes/0/from")).isEqualTo("permit");
    assertThat(reply.text("/changes/0/to")).isEqualTo("deny");
    assertThat(reply.at("/changes/0/count").asInt()).isEqualTo(2);
    assertThat(reply.text("/changes/0/examples/0/resource")).isEqualTo("opus");
    assertThat(reply.text("/changes/0/examples/0/before/0")).isEqualTo("starter");
    assertThat(reply.text("/changes/0/examples/0/after/0")).isEqualTo("no-opus");
    assertThat(reply.at("/assumptions")).isNotEmpty();
    assertThat(tenant.owner().get(BUNDLES).at("/items")).as("nothing changed").hasSize(1);

    tenant.owner().post(BUNDLES, "{}");
    assertThat(tenant.owner().post(REPLAY, "{}").at("/changes"))
        .as("against what is published now")
        .isEmpty();
  }

  /** Nothing is guessed: what a record does not hold, and policies ask for, is said. */
  @Test
  void whatItsRecordDoesNotTellIsNotReplayed() {
    deliver(
        call("opus").build(),
        record(Plane.TOOL, "tool:call", "shell", Verdict.PERMIT)
            .policies(List.of("starter"), 1)
            .risk(0)
            .build(),
        denial().detail("agent-not-active").build());
    put(
        "guard",
        """
        forbid (principal, action == Action::"tool:call", resource)
        when { context.args has env && context.args.env == "prod" };
        forbid (principal, action == Action::"llm:generate", resource)
        when { context.session.denials > 3 };
        """);

    var reply = tenant.owner().post(REPLAY, "{}");

    assertThat(reply.at("/replayed").asInt()).isZero();
    assertThat(reply.at("/not_replayed").findValuesAsText("why"))
        .containsExactlyInAnyOrder(
            "policies ask for its arguments, which records do not hold",
            "policies ask what the agent did before, which its record does not tell",
            "no policy was asked about it");
  }

  @Test
  void whatARecordTellsIsUsed() {
    deliver(
        call("opus").risk(60).build(),
        call("opus").findings(List.of("secret:key")).build(),
        call("opus").build());
    put(
        "careful",
        """
        @escalate("leads")
        forbid (principal, action, resource) when { context.risk >= 50 }
        unless { context has approval };
        forbid (principal, action, resource) when { context.findings.contains("secret:key") };
        """);

    var reply = tenant.owner().post(REPLAY, "{}");

    assertThat(reply.at("/replayed").asInt()).isEqualTo(3);
    assertThat(reply.at("/changes").findValuesAsText("to"))
        .containsExactlyInAnyOrder("deny", "escalate");
    assertThat(reply.at("/unchanged").asInt()).isEqualTo(1);
  }

  @Test
  void whichToolsARequestDeclaredIsInItsRecord() {
    var searching = call("opus").tools(new DeclaredTools(List.of(), List.of("web_search"))).build();
    deliver(
        searching,
        call("opus").tools(DeclaredTools.NONE).build(),
        call("opus").tools(new DeclaredTools(null, null)).build(),
        call("opus").build());
    put(
        "no-search",
        """
        forbid (principal, action == Action::"llm:generate", resource)
        when { context.tools.provider.contains("web_search") };
        """);

    var reply = tenant.owner().post(REPLAY, "{}");
    var told = explained(tenant.owner(), searching);

    assertThat(reply.at("/replayed").asInt()).isEqualTo(3);
    assertThat(reply.at("/unchanged").asInt()).isEqualTo(1);
    assertThat(reply.at("/changes/0/count").asInt()).as("what nobody could tell, too").isEqualTo(2);
    assertThat(reply.at("/not_replayed").findValuesAsText("why"))
        .containsExactly("policies ask which tools it declares, which its record does not tell");
    assertThat(told.text("/record/tools/provider/0")).isEqualTo("web_search");
  }

  @Test
  void aWindowIsBounded() {
    deliver(call("opus").build(), call("opus").build(), call("opus").build());
    var owner = tenant.owner();

    var two = owner.post(REPLAY, "{\"limit\": 2}");

    assertThat(two.at("/records").asInt()).isEqualTo(2);
    assertThat(two.at("/more").asBoolean()).isTrue();
    assertThat(
            owner
                .post(REPLAY, "{\"agent_id\": \"" + AgentId.next(server.clock) + "\"}")
                .at("/records")
                .asInt())
        .isZero();
    assertThat(owner.post(REPLAY, "{\"until\": \"2020-01-01T00:00:00Z\"}").at("/records").asInt())
        .isZero();
    assertThat(owner.post(REPLAY, "{\"limit\": 5001}").text("/errors/0/pointer"))
        .isEqualTo("/limit");
    assertThat(
            owner.post(SHADOW, "{\"since\": \"2020-01-01T00:00:00Z\"}").text("/errors/0/pointer"))
        .isEqualTo("/since");
    assertThat(
            owner
                .post(
                    SHADOW,
                    "{\"since\": \"2020-01-02T00:00:00Z\", \"until\": \"2020-01-01T00:00:00Z\"}")
                .status())
        .isEqualTo(422);
    assertThat(owner.post(REPLAY, "{\"until\": \"+300000-01-01T00:00:00Z\"}").status())
        .isEqualTo(422);
    assertThat(owner.post(SHADOW, "{\"until\": \"-9999-01-01T00:00:00Z\"}").status())
        .isEqualTo(422);
    assertThat(server.newTenant().owner().post(REPLAY, "{}").at("/records").asInt())
        .as("another organization's")
        .isZero();
  }

  @Test
  void aDraftThatIsNotValidIsSaidToBeSo() {
    deliver(call("opus").build());
    put("broken", "permit (principal);");

    var reply = tenant.owner().post(REPLAY, "{}");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.at("/valid").asBoolean()).isFalse();
    assertThat(reply.text("/problems/0/policy")).isEqualTo("broken");
    assertThat(reply.at("/replayed").asInt()).isZero();
  }

  @Test
  void whatPoliciesInShadowWouldHaveChangedIsCounted() {
    deliver(
        call("opus").detail("in shadow deny by watch").build(),
        call("sonnet").detail("risk 10: burst 10; in shadow permit by starter").build(),
        call("haiku").build());

    var reply = tenant.owner().post(SHADOW, "{}");

    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertThat(reply.at("/records").asInt()).isEqualTo(3);
    assertThat(reply.at("/watched").asInt()).isEqualTo(2);
    assertThat(reply.at("/changes")).hasSize(1);
    assertThat(reply.text("/changes/0/to")).isEqualTo("deny");
    assertThat(reply.text("/changes/0/examples/0/after/0")).isEqualTo("watch");
  }

  @Test
  void aReplayNeedsToReadBothPoliciesAndAudit() {
    assertThat(tenant.clientWith("policies:read").post(REPLAY, "{}").status()).isEqualTo(403);
    assertThat(tenant.clientWith("audit:read").post(REPLAY, "{}").status()).isEqualTo(403);
    assertThat(tenant.clientWith("audit:read", "policies:read").post(REPLAY, "{}").status())
        .isEqualTo(200);
  }
}
