package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Nodes;
import io.redoubt.enclave.testing.SlowModel;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * G8: what was said while the enclave could not hear it is applied in its order and once each, also
 * where the node that has the link goes in the middle of it.
 */
class WaitingCommandsTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final int AGENTS = 12;
  private static final int COMMANDS = 240;
  private static final int BEFORE_THE_FAIL_OVER = 40;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Nodes nodes = new Nodes();
  private final SlowModel model = new SlowModel();
  private final OrganizationId organization = OrganizationId.next(CLOCK);

  /** What each agent was told, and the isolations of it that stand. */
  private final Map<AgentId, List<String>> said = new HashMap<>();

  private final Map<AgentId, List<IsolationId>> standing = new HashMap<>();

  /** The isolation of each that was lifted last. */
  private final Map<AgentId, IsolationId> lifted = new HashMap<>();

  @AfterEach
  void stop() {
    nodes.close();
    model.close();
  }

  @Test
  void commandsThatWaitedAreAppliedInOrderAndOnceEachOverAFailOverOfTheLink() {
    Enclave holder = nodes.start("node-1");
    Enclave other = nodes.start("node-2");
    nodes.introduce(organization, model.url());
    var agents = new ArrayList<TestAgent>();
    var access = new HashMap<AgentId, String>();
    for (int i = 0; i < AGENTS; i++) {
      TestAgent agent = nodes.agent(organization, other);
      access.put(agent.id, agent.bootstrap().text("access_token"));
      agents.add(agent);
    }
    long before = nodes.controlPlane.lastNumber();
    nodes.controlPlane.stop();
    var random = new Random(7);
    for (int i = 0; i < COMMANDS; i++) {
      say(agents.get(random.nextInt(AGENTS)).id, random);
    }
    long last = nodes.controlPlane.lastNumber();
    assertThat(last).isEqualTo(before + COMMANDS);

    nodes.controlPlane.start();
    awaitApplied(before + BEFORE_THE_FAIL_OVER);
    nodes.stop(holder);
    awaitApplied(last);

    for (TestAgent agent : agents) {
      await("the audit of " + agent.id + " is here")
          .atMost(LIMIT)
          .untilAsserted(() ->
              assertThat(recorded(agent.id))
                  .containsExactlyElementsOf(said.getOrDefault(agent.id, List.of())));
      int expected = standing.getOrDefault(agent.id, List.of()).isEmpty() ? 200 : 403;
      String token = Objects.requireNonNull(access.get(agent.id));
      await("what was said last decides")
          .atMost(Duration.ofSeconds(20))
          .until(() -> agent.message(token).status() == expected);
    }
    assertThat(nodes.controlPlane.reports)
        .as("none was passed over")
        .noneMatch(LinkReport.Rejected.class::isInstance);
    assertThat(records().map(AuditRecord::id)).doesNotHaveDuplicates();
  }

  private void say(AgentId agent, Random random) {
    List<IsolationId> open = standing.computeIfAbsent(agent, _ -> new ArrayList<>());
    List<String> told = said.computeIfAbsent(agent, _ -> new ArrayList<>());
    switch (random.nextInt(3)) {
      case 0 -> put(agent);
      case 1 -> {
        if (open.size() < 4) {
          var isolation = IsolationId.next(CLOCK);
          open.add(isolation);
          told.add("agent:isolate " + isolation);
          nodes.controlPlane.say(
              organization, new LinkCommand.Isolate(agent, isolation, "fire", "mem_1"));
        } else {
          release(agent, open, told, random);
        }
      }
      default -> release(agent, open, told, random);
    }
  }

  private void put(AgentId agent) {
    nodes.controlPlane.say(
        organization, new LinkCommand.PutAgent(agent, EnclaveFixture.spec(List.of())));
  }

  /** Where none stands, one that was lifted before: that changes nothing, and is on record. */
  private void release(AgentId agent, List<IsolationId> open, List<String> told, Random random) {
    if (!open.isEmpty()) {
      lifted.put(agent, open.remove(random.nextInt(open.size())));
    }
    var named = lifted.get(agent);
    if (named == null) {
      put(agent);
      return;
    }
    told.add("agent:release null");
    nodes.controlPlane.say(
        organization, new LinkCommand.Release(agent, Set.of(named), "over", "mem_1"));
  }

  private Stream<AuditRecord> records() {
    return nodes.controlPlane.auditOf(organization).stream()
        .map(AuditBatch.Line::record)
        .filter(Objects::nonNull);
  }

  private List<String> recorded(AgentId agent) {
    return records()
        .filter(it -> agent.equals(it.agentId()))
        .filter(
            it -> it.operation().equals("agent:isolate") || it.operation().equals("agent:release"))
        .map(it -> it.operation() + " " + it.resource())
        .toList();
  }

  private void awaitApplied(long number) {
    await("command " + number)
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(5))
        .until(() ->
            nodes.controlPlane.reports.stream()
                .anyMatch(it -> it instanceof LinkReport.Applied a && a.upTo() >= number));
  }
}
