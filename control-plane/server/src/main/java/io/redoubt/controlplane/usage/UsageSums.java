package io.redoubt.controlplane.usage;

import io.redoubt.controlplane.usage.UsageLedger.Subject;
import io.redoubt.persistence.batch.SqlArrays;
import io.redoubt.protocol.audit.Usage;
import io.redoubt.protocol.id.OrganizationId;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/** What a batch adds to the ledger. */
final class UsageSums {
  private static final String ADD =
      """
      INSERT INTO control.usage_day AS sum
        (organization_id, day, agent_id, model, actions, denied, input_tokens, output_tokens,
         cache_read_tokens, cache_write_tokens, cost_micros)
      SELECT :organization, CAST(more.day AS date), CAST(more.agent AS uuid), more.model,
        more.actions, more.denied, more.input, more.output, more.cache_read, more.cache_write,
        more.cost
      FROM unnest(:days, :agents, :models, :actions, :denied, :input, :output, :cacheRead,
                  :cacheWrite, :cost)
        AS more (day, agent, model, actions, denied, input, output, cache_read, cache_write, cost)
      ON CONFLICT (organization_id, day, agent_id, model) DO UPDATE
      SET actions = sum.actions + excluded.actions, denied = sum.denied + excluded.denied,
        input_tokens = sum.input_tokens + excluded.input_tokens,
        output_tokens = sum.output_tokens + excluded.output_tokens,
        cache_read_tokens = sum.cache_read_tokens + excluded.cache_read_tokens,
        cache_write_tokens = sum.cache_write_tokens + excluded.cache_write_tokens,
        cost_micros = sum.cost_micros + excluded.cost_micros
      """;

  private static final class Sum {
    private long actions;
    private long denied;
    private long input;
    private long output;
    private long cacheRead;
    private long cacheWrite;
    private long cost;
  }

  /** In one order everywhere, so that two batches never wait for each other's rows in turn. */
  private final Map<Subject, Sum> sums =
      new TreeMap<>(
          Comparator.comparing(Subject::day)
              .thenComparing(subject -> subject.agent().uuid())
              .thenComparing(Subject::model));

  void addAction(Subject subject, boolean denied) {
    var sum = sum(subject);
    sum.actions++;
    sum.denied += denied ? 1 : 0;
  }

  void addUsage(Subject subject, Usage usage) {
    var sum = sum(subject);
    sum.input += usage.inputTokens();
    sum.output += usage.outputTokens();
    sum.cacheRead += usage.cacheReadTokens();
    sum.cacheWrite += usage.cacheWriteTokens();
    sum.cost += usage.costMicros();
  }

  private Sum sum(Subject subject) {
    return sums.computeIfAbsent(subject, _ -> new Sum());
  }

  void write(Handle handle, OrganizationId organization) {
    if (sums.isEmpty()) {
      return;
    }
    var update = handle.createUpdate(ADD).bind("organization", organization.uuid());
    texts(update, "days", subject -> subject.day().toString());
    texts(update, "agents", subject -> subject.agent().uuid().toString());
    texts(update, "models", Subject::model);
    numbers(update, "actions", sum -> sum.actions);
    numbers(update, "denied", sum -> sum.denied);
    numbers(update, "input", sum -> sum.input);
    numbers(update, "output", sum -> sum.output);
    numbers(update, "cacheRead", sum -> sum.cacheRead);
    numbers(update, "cacheWrite", sum -> sum.cacheWrite);
    numbers(update, "cost", sum -> sum.cost);
    update.execute();
  }

  private void texts(Update update, String name, Function<Subject, String> column) {
    String[] values = sums.keySet().stream().map(column).toArray(String[]::new);
    update.bind(name, (at, statement, _) -> SqlArrays.text(statement, at, values));
  }

  private void numbers(Update update, String name, ToLongFunction<Sum> column) {
    long[] values = sums.values().stream().mapToLong(column).toArray();
    update.bind(name, (at, statement, _) -> statement.setObject(at, values));
  }
}
