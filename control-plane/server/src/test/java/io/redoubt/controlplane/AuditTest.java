package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.audit.Usage;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Audit on its way in and out, and the usage that is counted from it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditTest {
  private static final Usage USAGE = new Usage(100, 20, 5, 1, 1_500_000);

  @AutoClose private final TestServer server = new TestServer();
  private Tenant tenant;
  private EnclaveClient enclave;
  private AgentId agent;
  private Instant time = Instant.EPOCH;

  @BeforeEach
  void newTenant() {
    tenant = server.newTenant();
    enclave = tenant.newEnclave("main");
    enclave.hello();
    agent = AgentId.parse(tenant.newAgent("agent"));
    time = server.clock.instant().truncatedTo(ChronoUnit.MICROS);
  }

  private AuditBuilder building(Plane plane, Verdict verdict) {
    time = time.plusMillis(1);
    return new AuditBuilder(
            ActionId.next(server.clock).auditId(),
            time,
            tenant.id(),
            plane,
            plane.wire() + ":generate",
            verdict)
        .agent(agent, "mbr_x")
        .byAgent()
        .at(EnclaveId.parse(enclave.id), "node-1");
  }

  private AuditRecord intent(Plane plane, String resource, Verdict verdict) {
    return building(plane, verdict)
        .resource(resource)
        .coverage(Coverage.none("request"))
        .trace("0123456789abcdef0123456789abcdef")
        .build();
  }

  private AuditRecord intent() {
    return intent(Plane.LLM, "claude", Verdict.PERMIT);
  }

  private AuditOutcome outcome(AuditRecord intent) {
    return new AuditOutcome(
        intent.id(),
        tenant.id(),
        intent.time().plusMillis(5),
        new Outcome(Outcome.Status.SUCCEEDED, 5, USAGE, null));
  }

  private static String line(AuditRecord record) {
    return "{\"record\": " + EnclaveClient.json(record) + "}";
  }

  private static String line(AuditOutcome outcome) {
    return "{\"outcome\": " + EnclaveClient.json(outcome) + "}";
  }

  private Reply deliver(long first, String... lines) {
    return enclave.audit(tenant.id().toString(), first, lines);
  }

  private static long kept(Reply reply) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    return reply.at("/contiguous").asLong();
  }

  @Test
  void whatABudgetWasChargedIsShownWhoeverIsLeftToSayIt() {
    var said = reserving();
    var unsaid = reserving();
    var outcome = outcome(said);
    deliver(
        1,
        line(said),
        line(unsaid),
        line(
            new AuditOutcome(
                outcome.id(),
                tenant.id(),
                outcome.time(),
                outcome.outcome().charging(new Spend(126, 1_500_000)))),
        line(
            new AuditOutcome(
                unsaid.id(),
                tenant.id(),
                unsaid.time().plusMillis(5),
                new Outcome(Outcome.Status.UNKNOWN, 0, null, "node-died"))));

    var records = tenant.audit("&plane=llm");

    assertThat(records.get(0).at("/outcome/charged/tokens").asLong()).isEqualTo(5_000);
    assertThat(records.get(0).at("/outcome/charged/cost_micros").asLong()).isEqualTo(9_000);
    assertThat(records.get(1).at("/outcome/charged/tokens").asLong()).isEqualTo(126);
    assertThat(records.get(1).at("/reserved/day").asText()).isEqualTo("2026-11-20");
  }

  private AuditRecord reserving() {
    return building(Plane.LLM, Verdict.PERMIT)
        .resource("claude")
        .reserved(new Reserved(1, LocalDate.of(2026, 11, 20), 5_000, 9_000))
        .build();
  }

  @Test
  void intentAndOutcomeAreOneRecord() {
    var intent = intent();
    assertThat(kept(deliver(1, line(intent)))).isEqualTo(1);
    assertThat(tenant.audit("&plane=llm").getFirst().path("outcome").isNull()).isTrue();

    assertThat(kept(deliver(2, line(outcome(intent))))).isEqualTo(2);

    var merged = tenant.audit("&plane=llm");
    assertThat(merged).hasSize(1);
    var record = merged.getFirst();
    assertThat(record.path("id").asText()).isEqualTo(intent.id().toString());
    assertThat(record.at("/outcome/status").asText()).isEqualTo("succeeded");
    assertThat(record.at("/outcome/usage/input_tokens").asLong()).isEqualTo(100);
    assertThat(record.path("agent_id").asText()).isEqualTo(agent.toString());
    assertThat(record.at("/coverage/not_inspected/0/what").asText()).isEqualTo("request");
    assertThat(record.path("enclave_id").asText()).isEqualTo(enclave.id);
  }

  @Test
  void whatWasFoundInBothHalvesIsOneList() {
    var intent =
        building(Plane.LLM, Verdict.PERMIT)
            .findings(List.of("pii:iban"))
            .coverage(new Coverage(List.of("request: pii"), List.of()).awaiting("reply"))
            .build();
    var outcome =
        new AuditOutcome(
            intent.id(),
            tenant.id(),
            intent.time().plusMillis(5),
            new Outcome(Outcome.Status.SUCCEEDED, 5, USAGE, null),
            List.of("reply:pii:email"),
            new Coverage(
                List.of("reply: pii"), List.of(new Coverage.Gap("reply, an event", "limit"))));
    assertThat(kept(deliver(1, line(intent)))).isEqualTo(1);
    assertThat(tenant.audit("&plane=llm").getFirst().at("/coverage/not_inspected").toString())
        .isEqualTo("[{\"what\":\"reply\",\"why\":\"not seen yet\"}]");

    assertThat(kept(deliver(2, line(outcome)))).isEqualTo(2);

    var record = tenant.audit("&plane=llm").getFirst();
    assertThat(record.path("findings").toString()).isEqualTo("[\"pii:iban\",\"reply:pii:email\"]");
    assertThat(record.path("coverage").toString())
        .isEqualTo(
            "{\"inspected\":[\"request: pii\",\"reply: pii\"],"
                + "\"not_inspected\":[{\"what\":\"reply, an event\",\"why\":\"limit\"}]}");
    assertThat(record.at("/outcome/usage/input_tokens").asLong()).isEqualTo(100);
    assertThat(record.path("outcome").has("findings")).isFalse();
  }

  @Test
  void aRepeatedBatchChangesNothingAndAnOverlapAddsWhatIsNew() {
    var first = intent();
    var second = intent();
    assertThat(kept(deliver(1, line(first), line(outcome(first))))).isEqualTo(2);

    assertThat(kept(deliver(1, line(first), line(outcome(first))))).isEqualTo(2);
    assertThat(kept(deliver(2, line(outcome(first)), line(second)))).isEqualTo(3);

    assertThat(tenant.audit("&plane=llm")).hasSize(2);
    var usage = tenant.owner().get("/api/v1/usage");
    assertThat(usage.at("/items/0/input_tokens").asLong()).isEqualTo(100);
    assertThat(usage.at("/items/0/actions").asLong()).isEqualTo(2);
  }

  /** Its number is taken all the same, and the rest of its batch is kept. */
  @Test
  void aLineThatCameUnderAnotherNumberCountsOnce() {
    var first = intent();
    var second = intent();
    assertThat(kept(deliver(1, line(first), line(outcome(first))))).isEqualTo(2);

    assertThat(kept(deliver(3, line(first), line(second), line(outcome(first))))).isEqualTo(5);

    assertThat(tenant.audit("&plane=llm")).hasSize(2);
    var usage = tenant.owner().get("/api/v1/usage");
    assertThat(usage.at("/items/0/input_tokens").asLong()).isEqualTo(100);
    assertThat(usage.at("/items/0/actions").asLong()).isEqualTo(2);
  }

  @Test
  void aGapIsNotKeptAndTheAnswerSaysWhereToGoOn() {
    assertThat(kept(deliver(1, line(intent())))).isEqualTo(1);

    assertThat(kept(deliver(3, line(intent())))).isEqualTo(1);

    assertThat(tenant.audit("&plane=llm")).hasSize(1);
    assertThat(kept(deliver(2))).isEqualTo(1);
  }

  @Test
  void deliveriesAtTheSameTimeAreKeptOnce() {
    var lines = new ArrayList<String>();
    for (int i = 0; i < 50; i++) {
      var intent = intent();
      lines.add(line(intent));
      lines.add(line(outcome(intent)));
    }
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < 6; i++) {
      threads.add(
          Thread.startVirtualThread(
              () -> assertThat(kept(deliver(1, lines.toArray(String[]::new)))).isEqualTo(100)));
    }
    threads.forEach(thread -> {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });

    assertThat(tenant.audit("&plane=llm")).hasSize(50);
    assertThat(tenant.owner().get("/api/v1/usage").at("/items/0/output_tokens").asLong())
        .isEqualTo(50 * 20);
  }

  @Test
  void anEnclaveDeliversForOrganizationsItServesAndInItsOwnName() {
    var stranger = server.newTenant();
    var foreign = intent();

    assertThat(enclave.audit(stranger.id().toString(), 1).status()).isEqualTo(404);
    assertThat(enclave.audit(OrganizationId.next(server.clock).toString(), 1).status())
        .isEqualTo(404);
    assertThat(enclave.audit(stranger.id().toString(), 1, line(foreign)).status()).isEqualTo(422);
    var otherEnclave = tenant.newEnclave("other");
    otherEnclave.hello();
    assertThat(otherEnclave.audit(tenant.id().toString(), 1, line(foreign)).status())
        .isEqualTo(422);
    assertThat(stranger.audit("&plane=llm")).isEmpty();
  }

  @Test
  void badLinesAreRefused() {
    assertThat(deliver(1, "{}").status()).isEqualTo(422);
    assertThat(deliver(1, "null").status()).isEqualTo(422);
    assertThat(deliver(0, line(intent())).status()).isEqualTo(422);
    assertThat(deliver(1, "{\"record\": {\"id\": \"aud_1\"}}").status()).isEqualTo(422);
    assertThat(deliver(1, line(intent()).replace("\"plane\":\"llm\"", "\"plane\":null")).status())
        .isEqualTo(422);
    assertThat(
            deliver(1, IntStream.range(0, 501).mapToObj(_ -> line(intent())).toArray(String[]::new))
                .status())
        .isEqualTo(422);
    assertThat(enclave.http().post("/enclave/v1/audit", "[]").status()).isEqualTo(422);
  }

  @Test
  void whatAgentsNameCannotStopTheAudit() {
    var odd = intent(Plane.LLM, "a\u0000b", Verdict.DENY);
    String halfPair = line(intent()).replace("\"claude\"", "\"\\ud800\"");

    assertThat(kept(deliver(1, line(odd), halfPair))).isEqualTo(2);

    assertThat(tenant.audit("&plane=llm").stream().map(r -> r.path("resource").asText()))
        .containsExactly("\uFFFD", "a\uFFFDb");
  }

  @Test
  void recordsAreFoundByWhatTheySay() {
    var llm = intent();
    var mcp = intent(Plane.MCP, "server/tool", Verdict.DENY);
    deliver(1, line(llm), line(mcp));
    String action = "act_" + llm.id().toString().substring(4);

    assertThat(tenant.audit("&agent_id=" + agent)).hasSizeGreaterThanOrEqualTo(2);
    assertThat(ids(tenant.audit("&plane=mcp"))).containsExactly(mcp.id().toString());
    assertThat(ids(tenant.audit("&verdict=deny"))).containsExactly(mcp.id().toString());
    assertThat(ids(tenant.audit("&action_id=" + action))).containsExactly(llm.id().toString());
    assertThat(ids(tenant.audit("&operation=llm:generate"))).containsExactly(llm.id().toString());
    assertThat(ids(tenant.audit("&actor_kind=agent")))
        .containsExactly(mcp.id().toString(), llm.id().toString());
    assertThat(ids(tenant.audit("&enclave_id=" + enclave.id))).hasSize(2);
    assertThat(ids(tenant.audit("&trace_id=0123456789abcdef0123456789abcdef"))).hasSize(2);
    assertThat(ids(tenant.audit("&plane=llm&since=" + llm.time() + "&until=" + mcp.time())))
        .containsExactly(llm.id().toString());
    assertThat(ids(tenant.audit("&plane=llm&since=" + mcp.time()))).isEmpty();
    assertThat(tenant.audit("&actor_kind=operator")).isNotEmpty();
    var nowhere = tenant.owner().get("/api/v1/audit?plane=space");
    assertThat(nowhere.status()).isEqualTo(422);
    assertThat(nowhere.text("/errors/0/detail")).startsWith("is not one of ").contains("llm, tool");
    var nobody = tenant.owner().get("/api/v1/audit?agent_id=bogus");
    assertThat(nobody.status()).isEqualTo(422);
    assertThat(nobody.text("/errors/0/detail")).isEqualTo("is no identifier of that kind");
    assertThat(tenant.owner().get("/api/v1/audit?since=yesterday").status()).isEqualTo(422);
    assertThat(tenant.owner().get("/api/v1/audit?agent_id=' OR 1=1".replace(" ", "%20")).status())
        .isEqualTo(422);
    assertThat(tenant.owner().get("/api/v1/audit?operation=%27%20OR%201%3D1--").at("/items"))
        .isEmpty();
  }

  @Test
  void aTimeThatNoLogGoesBackToOrOnToIsWrong() {
    for (String time : List.of("-9999-01-01", "%2B300000-01-01T00:00:00Z", "1969-12-31")) {
      for (String where : List.of("audit?since=", "audit?until=", "usage?since=", "usage?until=")) {
        assertThat(tenant.owner().get("/api/v1/" + where + time).status())
            .as(where + time)
            .isEqualTo(422);
      }
    }
    for (String time : List.of("-9999-01-01T00:00:00Z", "%2B300000-01-01T00:00:00Z")) {
      String cursor = time + "~" + intent().id();
      assertThat(tenant.owner().get("/api/v1/audit?cursor=" + cursor).status())
          .as(time)
          .isEqualTo(400);
    }
    assertThat(tenant.audit("&since=1970-01-01&until=9998-12-31")).isNotEmpty();
  }

  private static List<String> ids(List<JsonNode> records) {
    return records.stream().map(record -> record.path("id").asText()).toList();
  }

  @Test
  void theLogComesInPagesTheNewestFirst() {
    var lines = new ArrayList<String>();
    for (int i = 0; i < 7; i++) {
      lines.add(line(intent()));
    }
    deliver(1, lines.toArray(String[]::new));

    var times = new ArrayList<String>();
    String cursor = "";
    do {
      var page = tenant.owner().get("/api/v1/audit?plane=llm&limit=3" + cursor);
      page.at("/items").forEach(item -> times.add(item.path("time").asText()));
      cursor = page.at("/next_cursor").isNull() ? "" : "&cursor=" + page.text("/next_cursor");
    } while (!cursor.isEmpty());

    assertThat(times).hasSize(7).doesNotHaveDuplicates();
    assertThat(times.stream().map(Instant::parse).toList())
        .isSortedAccordingTo((a, b) -> b.compareTo(a));
    assertThat(tenant.owner().get("/api/v1/audit?cursor=nonsense").status()).isEqualTo(400);
  }

  @Test
  void theWholeLogStreamsAsLines() throws Exception {
    for (int batch = 0; batch < 3; batch++) {
      var lines = new ArrayList<String>();
      for (int i = 0; i < 400; i++) {
        lines.add(line(intent()));
      }
      deliver(1 + batch * 400L, lines.toArray(String[]::new));
    }

    var reply =
        tenant.owner().with("accept", "application/x-ndjson").get("/api/v1/audit?plane=llm");
    var ten =
        tenant
            .owner()
            .with("accept", "application/x-ndjson")
            .get("/api/v1/audit?plane=llm&limit=10");

    assertThat(reply.header("content-type")).startsWith("application/x-ndjson");
    var lines = reply.text().lines().toList();
    assertThat(lines).hasSize(1200).doesNotHaveDuplicates();
    assertThat(Json.LENIENT.readTree(lines.getFirst()).path("plane").asText()).isEqualTo("llm");
    assertThat(ten.text().lines()).hasSize(10);
  }

  @Test
  void usageIsAddedUpByAgentModelAndDay() {
    var today = intent();
    var other = intent(Plane.LLM, "gpt", Verdict.PERMIT);
    var denied = intent(Plane.LLM, "gpt", Verdict.DENY);
    time = time.minus(Duration.ofDays(1));
    var yesterday = intent();
    deliver(
        1,
        line(today),
        line(outcome(today)),
        line(other),
        line(outcome(other)),
        line(denied),
        line(yesterday),
        line(outcome(yesterday)));

    var byModel = tenant.owner().get("/api/v1/usage?group_by=model");
    assertThat(byModel.at("/items")).hasSize(2);
    assertThat(byModel.text("/items/0/model")).isEqualTo("claude");
    assertThat(byModel.at("/items/0/input_tokens").asLong()).isEqualTo(200);
    assertThat(byModel.at("/items/0/cost_usd").decimalValue())
        .isEqualByComparingTo(new BigDecimal("3"));
    assertThat(byModel.at("/items/1/actions").asLong()).isEqualTo(2);
    assertThat(byModel.at("/items/1/denied").asLong()).isEqualTo(1);
    assertThat(tenant.owner().get("/api/v1/usage").text("/items/0/agent_id"))
        .isEqualTo(agent.toString());
    assertThat(tenant.owner().get("/api/v1/usage?group_by=day").at("/items")).hasSize(2);
    assertThat(
            tenant
                .owner()
                .get("/api/v1/usage?group_by=day&since=" + today.time().toString().substring(0, 10))
                .at("/items"))
        .hasSize(1);
    String day = today.time().toString().substring(0, 10);
    assertThat(tenant.owner().get("/api/v1/usage?group_by=day&until=" + day).text("/items/0/day"))
        .as("its first moment, exclusive")
        .isEqualTo(yesterday.time().toString().substring(0, 10));
    assertThat(
            tenant
                .owner()
                .get("/api/v1/usage?group_by=day&until=" + day + "T00:00:01Z")
                .at("/items"))
        .as("the day that has begun before it, too")
        .hasSize(2);
    var page = tenant.owner().get("/api/v1/usage?group_by=model&limit=1");
    assertThat(page.text("/next_cursor")).isEqualTo("1");
    assertThat(
            tenant
                .owner()
                .get("/api/v1/usage?group_by=model&limit=1&cursor=1")
                .text("/items/0/model"))
        .isEqualTo("gpt");
    assertThat(tenant.owner().get("/api/v1/usage?group_by=colour").status()).isEqualTo(422);
    assertThat(tenant.owner().get("/api/v1/usage?cursor=-1").status()).isEqualTo(400);
  }
}
