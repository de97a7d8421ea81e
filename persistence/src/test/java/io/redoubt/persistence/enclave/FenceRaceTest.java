package io.redoubt.persistence.enclave;

import static io.redoubt.persistence.enclave.EnclaveNode.ACME;
import static io.redoubt.persistence.enclave.EnclaveNode.CLOCK;
import static io.redoubt.persistence.enclave.EnclaveNode.NOW;
import static io.redoubt.persistence.enclave.EnclaveNode.agent;
import static io.redoubt.persistence.enclave.EnclaveNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.agent.AgentKey;
import io.redoubt.audit.AuditLog.Permit;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AuditId;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Decision 3: once a fence is raised, nothing is permitted under the old one, from any node. */
class FenceRaceTest {
  private static final int RAISES = 120;
  private static final int CALLERS = 24;

  @Test
  @Timeout(120)
  void onceARaiseIsDoneNothingMoreIsWrittenUnderTheOldFence() throws Exception {
    try (var database = TemporaryDatabase.create();
        var first = EnclaveNode.start(database, "node-1");
        var second = EnclaveNode.start(database, "node-2");
        var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      var agent = agent(ACME);
      var standing = new AtomicLong(1);
      var permitted = new AtomicInteger();
      var fenced = new AtomicInteger();
      var stopped = new AtomicBoolean();
      await(first.store.fences().raise(agent, 1));

      var running = new ArrayList<Future<?>>();
      for (int i = 0; i < CALLERS; i++) {
        var node = i % 2 == 0 ? first : second;
        running.add(
            callers.submit(() -> {
              while (!stopped.get()) {
                // Half of them with a view that is old already, as a paused node would.
                long old = ThreadLocalRandom.current().nextInt(2);
                long seen = Math.max(1, standing.get() - old);
                var answer = await(node.store.auditLog().permit(under(agent, seen), seen));
                (answer == Permit.RECORDED ? permitted : fenced).incrementAndGet();
              }
            }));
      }
      var writtenWhenRaised = new TreeMap<Long, Long>();
      for (long fence = 2; fence <= RAISES; fence++) {
        await((fence % 2 == 0 ? first : second).store.fences().raise(agent, fence));
        writtenWhenRaised.put(fence - 1, written(first, fence - 1));
        standing.set(fence);
      }
      stopped.set(true);
      for (var caller : running) {
        caller.get();
      }

      var writtenInTheEnd = new TreeMap<Long, Long>();
      writtenWhenRaised.keySet().forEach(f -> writtenInTheEnd.put(f, written(first, f)));
      assertThat(writtenInTheEnd).isEqualTo(writtenWhenRaised);
      assertThat(fenced.get()).isPositive();
      assertThat(first.rows(ACME)).isEqualTo(permitted.get());
    }
  }

  @Test
  @Timeout(60)
  void aRaiseWaitsForIntentsThatAreBeingWritten() throws Exception {
    try (var database = TemporaryDatabase.create();
        var node = EnclaveNode.start(database);
        var slow = node.database.dedicated("slow", 30)) {
      var agent = agent(ACME);
      await(node.store.fences().raise(agent, 1));
      slow.setAutoCommit(false);
      var sql = new AuditSql(node.store.incarnation(), 1, _ -> {});
      var intent = under(agent, 1);
      var answers =
          sql.write(slow.prepareStatement(sql.text()), List.of(AuditLine.intent(intent, 1)), false);

      var raise = node.store.fences().raise(agent, 2).toCompletableFuture();
      awaitSomebodyWaits(node);

      assertThat(answers).containsExactly(Permit.RECORDED);
      assertThat(raise).isNotDone();
      slow.commit();
      await(raise);
      assertThat(node.halves(ACME, intent.id())).hasSize(1);
    }
  }

  @Test
  @Timeout(60)
  void anIntentWaitsForARaiseThatIsUnderWayAndIsThenFenced() throws Exception {
    try (var database = TemporaryDatabase.create();
        var node = EnclaveNode.start(database);
        var slow = node.database.dedicated("slow", 30);
        var raise = slow.prepareStatement("SELECT enclave.raise_fence(?, ?, 2)")) {
      var agent = agent(ACME);
      await(node.store.fences().raise(agent, 1));
      slow.setAutoCommit(false);
      raise.setObject(1, ACME.uuid());
      raise.setObject(2, agent.agent().uuid());
      raise.execute();

      var permit = node.store.auditLog().permit(under(agent, 1), 1).toCompletableFuture();
      awaitSomebodyWaits(node);

      assertThat(permit).isNotDone();
      slow.commit();
      assertThat(await(permit)).isEqualTo(Permit.FENCED);
    }
  }

  private static void awaitSomebodyWaits(EnclaveNode node) {
    Awaitility.await()
        .until(() ->
            node.database.inTransactionBlocking(handle ->
                handle
                    .createQuery(
                        "SELECT count(*) > 0 FROM pg_locks l JOIN pg_database d"
                            + " ON d.oid = l.database WHERE NOT l.granted"
                            + " AND l.locktype = 'advisory'"
                            + " AND d.datname = current_database()")
                    .mapTo(Boolean.class)
                    .one()));
  }

  private static AuditRecord under(AgentKey agent, long fence) {
    return new AuditBuilder(
            AuditId.next(CLOCK), NOW, ACME, Plane.LLM, "llm:generate", Verdict.PERMIT)
        .agent(agent.agent(), null)
        .detail("fence-" + fence + ".")
        .build();
  }

  private static long written(EnclaveNode node, long fence) {
    return node.database.inOrganizationBlocking(
        ACME,
        handle ->
            handle
                .createQuery(
                    "SELECT count(*) FROM enclave.audit WHERE position(:mark IN document) > 0")
                .bind("mark", "fence-" + fence + ".")
                .mapTo(Long.class)
                .one());
  }
}
