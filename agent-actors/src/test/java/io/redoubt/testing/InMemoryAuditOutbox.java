package io.redoubt.testing;

import io.redoubt.link.AuditOutbox;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.protocol.link.AuditBatch.Line;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Audit on its way up, in memory: numbered from 1, contiguously, for each organization. */
public final class InMemoryAuditOutbox implements AuditOutbox {
  private static final class Queue {
    private final List<Line> lines = new ArrayList<>();
    private long confirmed;
  }

  public final Outage outage = new Outage();
  private final Map<OrganizationId, Queue> queues = new LinkedHashMap<>();

  public synchronized void add(OrganizationId organization, Line line) {
    queues.computeIfAbsent(organization, _ -> new Queue()).lines.add(line);
  }

  @Override
  public CompletionStage<List<AuditBatch>> next(int maxLines) {
    return outage.attempt(() -> pending(maxLines));
  }

  private synchronized List<AuditBatch> pending(int maxLines) {
    var batches = new ArrayList<AuditBatch>();
    int left = maxLines;
    for (var entry : queues.entrySet()) {
      var queue = entry.getValue();
      int from = (int) queue.confirmed;
      int to = Math.min(queue.lines.size(), from + left);
      if (from < to) {
        batches.add(new AuditBatch(entry.getKey(), from + 1L, queue.lines.subList(from, to)));
        left -= to - from;
      }
    }
    return List.copyOf(batches);
  }

  @Override
  public CompletionStage<Void> confirmed(OrganizationId organization, long contiguous) {
    return outage.run(() -> {
      synchronized (this) {
        var queue = queues.get(organization);
        if (queue == null || contiguous > queue.lines.size()) {
          throw new IllegalArgumentException("confirmed more than was ever numbered");
        }
        queue.confirmed = Math.max(queue.confirmed, contiguous);
      }
    });
  }
}
