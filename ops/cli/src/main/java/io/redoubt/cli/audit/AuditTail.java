package io.redoubt.cli.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.Count;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Follows the audit log. A record is shown when it appears and, where it was an intent, again when
 * its outcome is known.
 */
@Command(name = "tail", description = "Follow the audit log.")
final class AuditTail implements Callable<Integer> {
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /** Records become visible out of order; so far back a late one is still noticed. */
  private static final Duration OVERLAP = Duration.ofSeconds(30);

  private static final int REMEMBERED = 10_000;

  @Mixin AuditFilter filter = new AuditFilter();

  @Option(
      names = {"-n", "--lines"},
      paramLabel = "N",
      converter = Count.class,
      defaultValue = "10",
      description = "Begin with the last so many (${DEFAULT-VALUE}).")
  int lines;

  @Option(names = "--no-follow", description = "Stop after those.")
  boolean once;

  private final Session session;

  /** What is no news of each record: with or without its outcome. */
  private final Map<String, Boolean> shown =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  AuditTail(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws InterruptedException {
    Instant since = session.host().clock().instant();
    // Asked first: what comes between the two questions is neither missed nor shown twice.
    List<JsonNode> known = once ? List.of() : overlapping(since);
    if (lines > 0) {
      print(session.operator().list(filter.query(session).toString(), lines));
    }
    known.forEach(record -> shown.putIfAbsent(id(record), isConcluded(record)));
    while (!once) {
      Thread.sleep(INTERVAL);
      Instant now = session.host().clock().instant();
      print(overlapping(since));
      since = now;
    }
    return 0;
  }

  private List<JsonNode> overlapping(Instant since) {
    String query = filter.unbounded(session).with("since", since.minus(OVERLAP)).toString();
    return session.operator().list(query, 0);
  }

  private void print(List<JsonNode> newestFirst) {
    var fresh = new ArrayList<JsonNode>();
    for (JsonNode record : newestFirst.reversed()) {
      boolean concluded = isConcluded(record);
      @Nullable Boolean before = shown.get(id(record));
      if (before == null || (concluded && !before)) {
        shown.put(id(record), concluded);
        fresh.add(record);
      }
    }
    for (JsonNode record : fresh) {
      if (session.output().isJson()) {
        session.output().jsonLine(record);
      } else {
        session.output().streamed(line(record));
      }
    }
  }

  private static String id(JsonNode record) {
    return record.path("id").asText();
  }

  private static boolean isConcluded(JsonNode record) {
    return record.hasNonNull("outcome");
  }

  private static String line(JsonNode record) {
    var line = new StringBuilder();
    for (String field : AuditTable.FIELDS) {
      line.append(line.isEmpty() ? "" : "  ").append(Table.printable(Table.text(record, field)));
    }
    return line.toString();
  }
}
