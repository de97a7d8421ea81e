package io.redoubt.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.ApiDescription;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.LiveReply;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.Manifest;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.Spending;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A node keeps its agents within their budgets, with the database and the link that it has. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BudgetTest {
  /** What the model of the fixture says that it used for one answer. */
  private static final long USED = 4;

  private final EnclaveFixture fixture = EnclaveFixture.shared();

  private TestAgent agent(Budget budget) {
    return fixture.agent(fixture.organization, spec(budget, 1));
  }

  /** An organization of its own, whose agents may together spend so much. */
  private OrganizationId organization(Budget budget) {
    var organization = OrganizationId.next(Clock.systemUTC());
    fixture.introduce(organization);
    fixture.controlPlane.awaitApplied(fixture.controlPlane.say(organization, thrifty(budget)));
    return organization;
  }

  private static LinkCommand thrifty(Budget budget) {
    return new LinkCommand.PutOrganization(
        new OrganizationSpec(
            "Thrifty",
            OrganizationSpec.Payloads.METADATA,
            30,
            OrganizationSpec.OfflineMode.FREEZE,
            false,
            budget,
            2));
  }

  private static AgentSpec spec(Budget budget, long version) {
    return new AgentSpec(
        "thrifty",
        "mem_owner",
        Map.of(),
        List.of(),
        ModelAccess.ANY,
        false,
        Manifest.NONE,
        budget,
        version);
  }

  private static Budget tokens(long perDay) {
    return new Budget(null, null, perDay, null);
  }

  /** What a call keeps of a budget. */
  private long kept(boolean streamed) {
    return reserved(rich -> {
      String token = rich.bootstrap().text("access_token");
      if (streamed) {
        try (var reply = rich.stream(token)) {
          reply.awaitFirstByte();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      } else {
        assertThat(rich.message(token).status()).isEqualTo(200);
      }
    });
  }

  /** What is kept for that, of an agent's budget that has room for it. */
  private long reserved(Consumer<TestAgent> call) {
    var rich = agent(tokens(1_000_000));
    call.accept(rich);
    AuditRecord intent =
        fixture.controlPlane.awaitAudit(
            rich.organization, it -> rich.id.equals(it.agentId()) && it.reserved() != null);
    Reserved reserved = Objects.requireNonNull(intent.reserved());
    assertThat(reserved.number()).isEqualTo(1);
    return reserved.tokens();
  }

  private Spending lastReported(TestAgent agent) {
    return fixture.controlPlane.reports.reversed().stream()
        .<Spending>mapMulti((report, found) -> {
          if (report instanceof LinkReport.AgentSeen seen
              && seen.agentId().equals(agent.id)
              && seen.spending() != null) {
            found.accept(seen.spending());
          }
        })
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatWasUsedIsChargedAndWhatDoesNotFitIsRefusedUntilTheNextDay() throws IOException {
    long kept = kept(false);
    var agent = agent(tokens(kept));
    String token = agent.bootstrap().text("access_token");

    assertThat(agent.message(token).status()).isEqualTo(200);
    await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .until(() -> lastReported(agent).today().tokens() == USED);
    Answer refused = agent.message(token);

    assertThat(lastReported(agent).reservedToday().tokens()).isZero();
    assertThat(refused.status()).isEqualTo(429);
    new ApiDescription(Http.get(fixture.enclave().actingUrl().resolve("/openapi.json")).json())
        .describes(refused);
    assertThat(refused.body()).contains("rate_limit_error", "budget_exhausted", "T00:00:00Z");
    assertThat(Long.parseLong(refused.header("retry-after"))).isBetween(1L, 86_401L);
    assertThat(refused.header("x-should-retry")).isEqualTo("false");
    fixture.controlPlane.awaitAudit(
        agent.organization,
        it ->
            agent.id.equals(it.agentId())
                && it.verdict() == Verdict.DENY
                && String.valueOf(it.detail()).startsWith("budget_exhausted: "));

    fixture.controlPlane.awaitApplied(
        fixture.controlPlane.say(
            agent.organization, new LinkCommand.PutAgent(agent.id, spec(tokens(kept + USED), 2))));
    assertThat(agent.message(token).status()).as("more is allowed").isEqualTo(200);
  }

  @Test
  void ofParallelCallsNoMoreRunThanFitAndWhatBreaksOffIsChargedInFull() throws Exception {
    long kept = kept(true);
    var agent = agent(tokens(5 * kept));
    String token = agent.bootstrap().text("access_token");

    var replies = atOnce(Collections.nCopies(12, () -> agent.stream(token)));

    assertThat(replies.stream().filter(reply -> reply.status() == 200)).hasSize(5);
    assertThat(replies.stream().filter(reply -> reply.status() == 429)).hasSize(7);
    replies.forEach(BudgetTest::close);

    await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .until(() -> lastReported(agent).today().tokens() == 5 * kept);
    assertThat(agent.message(token).status()).isEqualTo(429);
  }

  private static List<LiveReply> atOnce(List<Supplier<LiveReply>> calls) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var streams =
          calls.stream().map(call -> CompletableFuture.supplyAsync(call, threads)).toList();
      return streams.stream().map(CompletableFuture::join).toList();
    }
  }

  @Test
  void agentsTogetherStayWithinTheBudgetOfTheirOrganization() throws Exception {
    long kept = kept(true);
    long allowed = 5 * kept;
    var thrifty = organization(tokens(allowed));
    var agents =
        Stream.generate(() -> fixture.agent(thrifty, spec(Budget.NONE, 1))).limit(3).toList();
    var tokens = agents.stream().map(agent -> agent.bootstrap().text("access_token")).toList();
    var calls = new ArrayList<Supplier<LiveReply>>();
    for (int i = 0; i < 12; i++) {
      int of = i % agents.size();
      calls.add(() -> agents.get(of).stream(tokens.get(of)));
    }

    var replies = atOnce(calls);

    // The fifth may not fit: what others hold and do not use is not there for it.
    long permitted = replies.stream().filter(reply -> reply.status() == 200).count();
    assertThat(permitted).isBetween(4L, 5L);
    assertThat(replies.stream().filter(reply -> reply.status() == 429))
        .hasSize(12 - (int) permitted);
    replies.forEach(BudgetTest::close);
    await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .until(() ->
            agents.stream().mapToLong(agent -> lastReported(agent).today().tokens()).sum()
                == permitted * kept);
    fixture.controlPlane.awaitAudit(
        thrifty,
        it ->
            it.verdict() == Verdict.DENY
                && String.valueOf(it.detail())
                    .startsWith("budget_exhausted: The organization's budget of " + allowed));
  }

  @Test
  void whatAnAgentDoesNotNeedIsThereForOthersAfterTheLastNodeLeft() throws IOException {
    long allowed = 500_000;
    // What is kept for the request itself, where as many digits say how long its answer may be.
    long asked = reserved(agent -> agent.message(agent.bootstrap().text("access_token"), 100_000));
    long all = allowed - USED - (asked - 100_000);
    try (var own = new EnclaveFixture(Map.of())) {
      own.controlPlane.awaitApplied(
          own.controlPlane.say(own.organization, thrifty(tokens(allowed))));
      var first = own.agent();
      var second = own.agent();
      String token = first.bootstrap().text("access_token");
      String other = second.bootstrap().text("access_token");
      assertThat(first.message(token).status()).isEqualTo(200);
      assertThat(second.message(other, all).status())
          .as("the first holds more than it used")
          .isEqualTo(429);

      own.stop();
      own.start();

      assertThat(second.message(other, all + 1).status()).as("one too many").isEqualTo(429);
      assertThat(second.message(other, all).status()).isEqualTo(200);
    }
  }

  private static void close(LiveReply reply) {
    try {
      reply.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void moneyWithoutAPriceIsRefused() {
    var agent = agent(new Budget(1_000_000L, null, null, null));
    String token = agent.bootstrap().text("access_token");

    Answer refused = agent.message(token);

    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.body()).contains("permission_error", "price_unknown");
  }
}
