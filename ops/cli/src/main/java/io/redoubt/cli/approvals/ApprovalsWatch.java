package io.redoubt.cli.approvals;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Follows what waits for a decision. */
@Command(
    name = "watch",
    description =
        "Follow what waits for a decision: a line for each that comes, that goes, and that is used.")
final class ApprovalsWatch implements Callable<Integer> {
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final int MOST = 1_000;

  @Mixin Desk desk = new Desk();

  private final Session session;

  /** Tier of each that was shown and waits still. */
  private Map<String, Integer> waiting = new HashMap<>();

  /** Those that were shown as approved: their call may still be made, or not be made in time. */
  private final Set<String> granted = new LinkedHashSet<>();

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
    for (var known : List.copyOf(granted)) {
      JsonNode approval = desk.show(session, known);
      if (!isGranted(approval)) {
        granted.remove(known);
        print(approval);
      }
    }
    for (var gone : waiting.keySet()) {
      if (!now.containsKey(gone)) {
        JsonNode approval = desk.show(session, gone);
        print(approval);
        if (isGranted(approval) && granted.size() < MOST) {
          granted.add(gone);
        }
      }
    }
    waiting = now;
  }

  private static boolean isGranted(JsonNode approval) {
    return approval.path("status").asText().equals("approved");
  }

  private void print(JsonNode approval) {
    if (session.output().isJson()) {
      session.output().jsonLine(approval);
    } else {
      session.output().line(Desk.line(approval));
    }
  }
}
