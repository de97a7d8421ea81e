package io.redoubt.testing;

import io.redoubt.link.AuditOutbox;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.protocol.link.AuditBatch.Line;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

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
  public CompletionStage<List<AuditBatch.Stored>> next(int maxLines) {
    return outage.attempt(() -> pending(maxLines));
  }

  private synchronized List<AuditBatch.Stored> pending(int maxLines) {
    var batches = new ArrayList<AuditBatch.Stored>();
    int left = maxLines;
    for (var entry : queues.entrySet()) {
      var queue = entry.getValue();
      int from = (int) queue.confirmed;
      int to = Math.min(queue.lines.size(), from + left);
      if (from < to) {
        var lines =
            queue.lines.subList(from, to).stream().map(InMemoryAuditOutbox::stored).toList();
        batches.add(new AuditBatch.Stored(entry.getKey(), from + 1L, lines));
        left -= to - from;
      }
    }
    return List.copyOf(batches);
  }

  private static AuditBatch.StoredLine stored(Line line) {
    return new AuditBatch.StoredLine(json(line.record()), json(line.outcome()));
  }

  private static @Nullable String json(@Nullable Object value) {
    return value == null ? null : new String(Json.write(value), StandardCharsets.UTF_8);
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
