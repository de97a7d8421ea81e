package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.MovedClock;
import io.redoubt.enclave.testing.Nodes;
import io.redoubt.enclave.testing.SlowModel;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.OrganizationSpec;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * G8 on whole nodes: the control plane is away for four hours of work, by a clock that is moved on,
 * and each node is restarted, before the window ends and after it. What was ended stays so, and
 * what happened follows in its order, once.
 */
class FourHoursAwayTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final Duration STEP = Duration.ofMinutes(15);
  private static final int CALLS = 3;
  private static final int RETRIES = 2;
  private static final String ROTATION = "token:refresh";
  private static final String CALL = "llm:generate";

  private final Nodes nodes = new Nodes();
  private final MovedClock clock = new MovedClock(nodes.database);
  private final SlowModel model = new SlowModel();
  private final OrganizationId careful = OrganizationId.next(CLOCK);
  private final OrganizationId bold = OrganizationId.next(CLOCK);
  private Enclave first = start("node-1");
  private Enclave second = start("node-2");
  private Duration passed = Duration.ZERO;

  @AfterEach
  void stop() {
    nodes.close();
    model.close();
  }

  @Test
  void fourHoursOfWorkAreLikeAnyOthersAndFollowInTheirOrderOnce() {
    introduce();
    List<Worker> workers = List.of(worker(careful), worker(careful), worker(bold));
    Worker robbed = worker(careful);
    Worker prisoner = worker(careful);
    Worker told = worker(careful);
    nodes.controlPlane.stop();

    work(workers, 4);
    assertThat(breakGlass(prisoner, "isolate", Map.of("reason", "fire")).status()).isEqualTo(200);
    work(workers, 4);
    String leaked = endOneToken(workers.getFirst());
    endFamily(robbed);
    long last = sayMeanwhile(told);
    restart();
    assertRefused(workers.getFirst(), leaked);
    assertRefused(robbed, robbed.access);
    workers.getLast().callServed(first);
    work(workers, 7);
    assertThat(passed).isEqualTo(Duration.ofMinutes(225));
    pass(Duration.ofMinutes(10));
    workers.forEach(worker -> worker.work(first, second));
    assertThat(link().path("stale").asBoolean()).isFalse();

    pass(Duration.ofMinutes(10));
    assertStandingsPastTheWindow(workers);
    restart();
    assertStandingsPastTheWindow(workers);
    for (Worker stopped : List.of(prisoner, robbed)) {
      assertThat(stopped.agent.through(first).refresh(stopped.refresh).problem())
          .isEqualTo(stopped == prisoner ? "agent-not-active" : "refresh-token-invalid");
    }

    nodes.controlPlane.start();
    nodes.controlPlane.awaitApplied(last);
    await("agents act again")
        .atMost(Duration.ofSeconds(20))
        .until(() -> workers.getFirst().call(first).status() == 200);
    workers.getFirst().done.add(CALL);
    assertThat(link().path("stale").asBoolean()).isFalse();
    await("the audit is here")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertWhole(workers, told));
    nodes.controlPlane.awaitAudit(
        careful, it -> it.verdict() == Verdict.DENY && says(it, "enclave_frozen"));
    nodes.controlPlane.awaitAudit(
        bold, it -> it.verdict() == Verdict.PERMIT && says(it, "control-plane-away"));
  }

  /** An agent, and what it has done that is on record. */
  private static final class Worker {
    final TestAgent agent;
    final List<String> done = new ArrayList<>();
    String refresh;
    String access;

    Worker(TestAgent agent) {
      this.agent = agent;
      Answer booted = agent.bootstrap();
      refresh = booted.text("refresh_token");
      access = booted.text("access_token");
    }

    void rotate(Enclave node) {
      Answer rotated = agent.through(node).refresh(refresh);
      assertThat(rotated.status()).as("%s", rotated).isEqualTo(200);
      refresh = rotated.text("refresh_token");
      access = rotated.text("access_token");
      done.add(ROTATION);
    }

    Answer call(Enclave node) {
      return agent.through(node).message(access);
    }

    /**
     * As official SDKs call: twice more where they are told when to come again. A machine that
     * stands still for most of a second costs its nodes their leases, and hours of calls meet that.
     */
    void callServed(Enclave node) {
      Answer called = call(node);
      for (int retries = 0; isOutOfService(called) && retries < RETRIES; retries++) {
        var after = Duration.ofSeconds(Long.parseLong(called.header("retry-after")));
        called = await().pollDelay(after).until(() -> call(node), _ -> true);
      }
      assertThat(called.status()).as("%s", called).isEqualTo(200);
      done.add(CALL);
    }

    private static boolean isOutOfService(Answer called) {
      return called.status() == 503 && called.body().contains("[out_of_service]");
    }

    /** It rotates first: its access token is older than it may be, each time. */
    void work(Enclave here, Enclave there) {
      rotate(here);
      for (int i = 0; i < CALLS; i++) {
        callServed(i % 2 == 0 ? there : here);
      }
    }
  }

  private Enclave start(String node) {
    return nodes.start(node, MovedClock.FOLLOWED, CLOCK);
  }

  private void introduce() {
    nodes.introduce(careful, model.url());
    nodes.introduce(bold, model.url());
    nodes.controlPlane.awaitApplied(
        nodes.controlPlane.say(
            bold,
            new LinkCommand.PutOrganization(
                new OrganizationSpec(
                    "Bold",
                    OrganizationSpec.Payloads.METADATA,
                    30,
                    OrganizationSpec.OfflineMode.CONTINUE,
                    2))));
  }

  /** At work, on both nodes. */
  private Worker worker(OrganizationId organization) {
    var worker = new Worker(nodes.agent(organization, first));
    for (Enclave node : List.of(first, second)) {
      await("what it needs is known there")
          .atMost(Duration.ofSeconds(10))
          .until(() -> worker.call(node).status() == 200);
      worker.done.add(CALL);
    }
    return worker;
  }

  private void work(List<Worker> workers, int steps) {
    for (int i = 0; i < steps; i++) {
      pass(STEP);
      Enclave here = i % 2 == 0 ? first : second;
      workers.forEach(worker -> worker.work(here, here == first ? second : first));
    }
  }

  private void pass(Duration time) {
    clock.pass(time);
    nodes.controlPlane.pass(time);
    passed = passed.plus(time);
    awaitReady();
  }

  private void restart() {
    nodes.stop(second);
    nodes.stop(first);
    first = start("node-1");
    second = start("node-2");
    awaitReady();
  }

  /** By the time that it is now. */
  private void awaitReady() {
    await("the nodes are ready, and know what time it is")
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .until(() ->
            Stream.of(first, second)
                .map(node -> Http.get(node.managementUrl().resolve("/ready")))
                .allMatch(ready ->
                    ready.status() == 200
                        && ready.json().at("/detail/link/age_seconds").asLong()
                            >= passed.toSeconds()));
  }

  private JsonNode link() {
    return Http.get(second.managementUrl().resolve("/ready")).json().at("/detail/link");
  }

  private Answer breakGlass(Worker worker, String order, Map<String, String> body) {
    return Http.post(
        second.agentUrl().resolve("/v1/operator/agents/" + worker.agent.id + "/" + order),
        body,
        "Authorization",
        "Bearer " + nodes.controlPlane.operatorToken(worker.agent.organization, "agents:manage"));
  }

  private String endOneToken(Worker worker) {
    String leaked = worker.access;
    Answer ended =
        breakGlass(
            worker, "revoke-token", Map.of("jti", TestAgent.jti(leaked), "reason", "it leaked"));
    assertThat(ended.status()).isEqualTo(200);
    assertRefused(worker, leaked);
    return leaked;
  }

  private void endFamily(Worker worker) {
    String spent = worker.refresh;
    worker.rotate(first);
    assertThat(worker.agent.through(second).refresh(spent).status()).isEqualTo(409);
    await("both nodes refuse it")
        .atMost(Duration.ofSeconds(1))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> Stream.of(first, second).allMatch(node -> worker.call(node).status() == 401));
  }

  private void assertRefused(Worker worker, String access) {
    for (Enclave node : List.of(first, second)) {
      assertThat(worker.agent.through(node).message(access).status()).isEqualTo(401);
    }
  }

  /** Answers the number of what is said last. */
  private long sayMeanwhile(Worker worker) {
    var lifted = IsolationId.next(CLOCK);
    var standing = IsolationId.next(CLOCK);
    var agent = worker.agent.id;
    worker.done.clear();
    worker.done.addAll(
        List.of("agent:isolate " + lifted, "agent:release null", "agent:isolate " + standing));
    nodes.controlPlane.say(careful, new LinkCommand.Isolate(agent, lifted, "fire", "mem_1"));
    nodes.controlPlane.say(
        careful, new LinkCommand.Release(agent, Set.of(lifted), "over", "mem_1"));
    return nodes.controlPlane.say(
        careful, new LinkCommand.Isolate(agent, standing, "again", "mem_1"));
  }

  /** Everybody rotates; who chose to freeze does nothing else. */
  private void assertStandingsPastTheWindow(List<Worker> workers) {
    assertThat(link().path("stale").asBoolean()).isTrue();
    assertThat(link().path("connected").asBoolean()).isFalse();
    for (Worker worker : workers) {
      if (worker.agent.organization.equals(bold)) {
        worker.work(first, second);
      } else {
        worker.rotate(first);
        Answer frozen = worker.call(second);
        assertThat(frozen.status()).isEqualTo(403);
        assertThat(frozen.body()).contains("enclave_frozen");
      }
    }
  }

  /** The control plane here takes what has the next number, and nothing else. */
  private void assertWhole(List<Worker> workers, Worker told) {
    for (Worker worker : workers) {
      assertThat(
              records(worker)
                  .filter(it -> it.verdict() == Verdict.PERMIT)
                  .map(AuditRecord::operation)
                  .filter(it -> it.equals(ROTATION) || it.equals(CALL)))
          .containsExactlyElementsOf(worker.done);
    }
    assertThat(
            records(told)
                .filter(it -> Set.of("agent:isolate", "agent:release").contains(it.operation()))
                .map(it -> it.operation() + " " + it.resource()))
        .containsExactlyElementsOf(told.done);
    for (OrganizationId organization : List.of(careful, bold)) {
      assertThat(records(organization).map(AuditRecord::id)).doesNotHaveDuplicates();
      assertThat(
              nodes.controlPlane.auditOf(organization).stream()
                  .map(AuditBatch.Line::outcome)
                  .filter(Objects::nonNull)
                  .map(AuditOutcome::id))
          .as("each permitted call has one outcome")
          .doesNotHaveDuplicates()
          .containsAll(
              records(organization)
                  .filter(it -> it.verdict() == Verdict.PERMIT && it.operation().equals(CALL))
                  .map(AuditRecord::id)
                  .toList());
    }
  }

  private Stream<AuditRecord> records(Worker worker) {
    return records(worker.agent.organization).filter(it -> worker.agent.id.equals(it.agentId()));
  }

  private Stream<AuditRecord> records(OrganizationId organization) {
    return nodes.controlPlane.auditOf(organization).stream()
        .map(AuditBatch.Line::record)
        .filter(Objects::nonNull);
  }

  /** First; the risk of asking the same over and over may follow. */
  private static boolean says(AuditRecord record, String code) {
    return List.of(String.valueOf(record.detail()).split("; ")).contains(code);
  }
}
