package io.redoubt.cli.approvals;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Follows what waits for a decision. */
@Command(
    name = "watch",
    description = "Follow what waits for a decision: a line for each that comes, and that goes.")
final class ApprovalsWatch implements Callable<Integer> {
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final int MOST = 1_000;

  @Mixin Desk desk = new Desk();

  private final Session session;

  /** Tier of each that was shown and waits still. */
  private Map<String, Integer> waiting = new HashMap<>();

  ApprovalsWatch(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws InterruptedException {
    while (true) {
      look();
      Thread.sleep(INTERVAL);
    }
  }

  private void look() {
    var now = new HashMap<String, Integer>();
    for (JsonNode approval : desk.list(session, "pending", MOST).reversed()) {
      String id = approval.path("id").asText();
      int tier = approval.path("tier").asInt();
      now.put(id, tier);
      if (!Integer.valueOf(tier).equals(waiting.get(id))) {
        print(approval);
      }
    }
    for (var gone : waiting.keySet()) {
      if (!now.containsKey(gone)) {
        print(desk.show(session, gone));
      }
    }
    waiting = now;
  }

  private void print(JsonNode approval) {
    if (session.output().isJson()) {
      session.output().jsonLine(approval);
    } else {
      session.output().line(Desk.line(approval));
    }
  }
}
