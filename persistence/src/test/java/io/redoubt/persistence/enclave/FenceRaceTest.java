package io.redoubt.persistence.enclave;

import static io.redoubt.persistence.enclave.EnclaveNode.ACME;
import static io.redoubt.persistence.enclave.EnclaveNode.agent;
import static io.redoubt.persistence.enclave.EnclaveNode.await;
import static io.redoubt.persistence.enclave.EnclaveNode.intent;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.audit.AuditLog.Permit;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.protocol.id.AuditId;
import java.util.ArrayList;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** DESIGN §2: once a fence is raised, nothing is permitted under the old one, from any node. */
class FenceRaceTest {
  private static final int RAISES = 150;
  private static final int CALLERS = 24;

  @Test
  @Timeout(120)
  void afterARaiseNoNodePermitsUnderTheOldFence() throws Exception {
    try (var database = TemporaryDatabase.create();
        var first = EnclaveNode.start(database, "node-1");
        var second = EnclaveNode.start(database, "node-2");
        var callers = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
      var agent = agent(ACME);
      var raised = new AtomicLong(1);
      var wrong = new AtomicInteger();
      var permitted = new AtomicInteger();
      Set<AuditId> denied = ConcurrentHashMap.newKeySet();
      var stopped = new AtomicBoolean();
      await(first.store.fences().raise(agent, 1));

      var running = new ArrayList<Future<?>>();
      for (int i = 0; i < CALLERS; i++) {
        var node = i % 2 == 0 ? first : second;
        running.add(
            callers.submit(() -> {
              while (!stopped.get()) {
                var intent = intent(agent);
                long before = raised.get();
                // As a paused node would: also with a view that is already old.
                long seen = Math.max(1, before - (intent.id().uuid().hashCode() & 1));
                var answer = await(node.store.auditLog().permit(intent, seen));
                if (answer == Permit.RECORDED) {
                  permitted.incrementAndGet();
                  if (seen < before) {
                    wrong.incrementAndGet();
                  }
                } else {
                  denied.add(intent.id());
                }
              }
            }));
      }
      for (long fence = 2; fence <= RAISES; fence++) {
        await((fence % 2 == 0 ? first : second).store.fences().raise(agent, fence));
        raised.set(fence);
      }
      stopped.set(true);
      for (var caller : running) {
        caller.get();
      }

      assertThat(wrong).hasValue(0);
      assertThat(permitted.get()).isPositive();
      assertThat(denied).isNotEmpty();
      assertThat(first.rows(ACME)).isEqualTo(permitted.get());
    }
  }
}
