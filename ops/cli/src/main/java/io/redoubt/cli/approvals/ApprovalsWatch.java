package io.redoubt.cli.approvals;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.ApiFailure;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.session.Session;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Follows what waits for a decision, as long as it is let, whether the server is there or not. */
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
  private final Map<String, Integer> waiting = new HashMap<>();

  /** Those that were shown as approved: their call may still be made, or not be made in time. */
  private final Set<String> granted = new LinkedHashSet<>();

  private boolean away;

  ApprovalsWatch(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws InterruptedException {
    while (true) {
      try {
        look();
        if (away) {
          away = false;
          session.remark("The server is back.");
        }
      } catch (CommandFailure failure) {
        if (!isAway(failure)) {
          throw failure;
        }
        if (!away) {
          away = true;
          session.remark("The server is away; it is asked again. " + failure.getMessage());
        }
      }
      Thread.sleep(INTERVAL);
    }
  }

  /** Whether it passes by itself: what is wrong with who asks, or with the question, does not. */
  private static boolean isAway(CommandFailure failure) {
    return failure.exitCode() == ExitCode.UNREACHABLE
        || (failure instanceof ApiFailure refused && refused.status() >= 500);
  }

  /** What was shown is noted at once, since the next question may go unanswered. */
  private void look() {
    var now = new HashSet<String>();
    for (JsonNode approval : desk.list(session, "pending", MOST).reversed()) {
      String id = approval.path("id").asText();
      int tier = approval.path("tier").asInt();
      now.add(id);
      if (!Integer.valueOf(tier).equals(waiting.put(id, tier))) {
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
    for (var gone : List.copyOf(waiting.keySet())) {
      if (!now.contains(gone)) {
        JsonNode approval = desk.show(session, gone);
        waiting.remove(gone);
        print(approval);
        if (isGranted(approval) && granted.size() < MOST) {
          granted.add(gone);
        }
      }
    }
  }

  private static boolean isGranted(JsonNode approval) {
    return approval.path("status").asText().equals("approved");
  }

  private void print(JsonNode approval) {
    if (session.output().isJson()) {
      session.output().jsonLine(approval);
    } else {
      session.output().streamed(Desk.line(approval));
    }
  }
}
