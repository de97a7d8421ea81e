package io.redoubt.controlplane.decision;

import io.redoubt.protocol.audit.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a record says in words besides its verdict, taken apart.
 *
 * @param reasons what policies did not say: a stable code, or why they could not be evaluated
 * @param whole whether nothing of it was cut off when it was recorded
 */
record Remarks(
    List<String> reasons,
    List<Contribution> risk,
    List<String> workflows,
    List<Alert> alerts,
    @Nullable Shadow shadow,
    boolean whole) {
  /** Records hold no more of it. */
  private static final int MAX_LENGTH = 1_000;

  private static final String BETWEEN = "; ";

  /** Stands where something was left out. */
  private static final String CUT = "…";

  private static final String WORKFLOW = "workflow ";
  private static final Pattern SHADOW =
      Pattern.compile("(?:^|; )in shadow (permit|deny|escalate) by ?([^;]*)$");
  private static final Pattern ALERT = Pattern.compile("(?:^|; )alert of (\\S+): ");
  private static final Pattern RISK = Pattern.compile("risk [0-9]{1,3}: (.*)");
  private static final Pattern CONTRIBUTION = Pattern.compile("(.+) ([0-9]{1,3})");

  /** A reason for the risk. */
  record Contribution(String name, int points) {}

  /** What a policy that decided wanted reported. */
  record Alert(String policyId, String text) {}

  /** What would have been decided if the policies in shadow were enforced. */
  record Shadow(Verdict verdict, List<String> policyIds) {}

  static Remarks of(@Nullable String detail) {
    if (detail == null || detail.isEmpty()) {
      return new Remarks(List.of(), List.of(), List.of(), List.of(), null, true);
    }
    var rest = detail;
    @Nullable Shadow shadow = null;
    var watched = SHADOW.matcher(rest);
    if (watched.find()) {
      shadow =
          new Shadow(
              Verdict.of(watched.group(1)),
              Arrays.stream(watched.group(2).split(" ", -1)).filter(it -> !it.isEmpty()).toList());
      rest = rest.substring(0, watched.start());
    }
    var alerts = new ArrayList<Alert>();
    rest = rest.substring(0, alerts(ALERT.matcher(rest), rest, alerts));
    var reasons = new ArrayList<String>();
    var risk = new ArrayList<Contribution>();
    var workflows = new ArrayList<String>();
    for (String part : rest.split(BETWEEN, -1)) {
      var score = RISK.matcher(part);
      if (score.matches()) {
        contributions(score.group(1), risk);
      } else if (part.startsWith(WORKFLOW)) {
        workflows.add(part.substring(WORKFLOW.length()));
      } else if (!part.isEmpty()) {
        reasons.add(part);
      }
    }
    return new Remarks(
        List.copyOf(reasons),
        List.copyOf(risk),
        List.copyOf(workflows),
        List.copyOf(alerts),
        shadow,
        detail.length() < MAX_LENGTH && !detail.contains(CUT));
  }

  /** Takes the alerts, which come last, and says where the first begins. */
  private static int alerts(Matcher alert, String text, List<Alert> into) {
    if (!alert.find()) {
      return text.length();
    }
    int first = alert.start();
    boolean more = true;
    while (more) {
      String policy = alert.group(1);
      int from = alert.end();
      more = alert.find();
      into.add(new Alert(policy, text.substring(from, more ? alert.start() : text.length())));
    }
    return first;
  }

  private static void contributions(String text, List<Contribution> into) {
    for (String part : text.split(", ", -1)) {
      var contribution = CONTRIBUTION.matcher(part);
      if (contribution.matches()) {
        into.add(new Contribution(contribution.group(1), Integer.parseInt(contribution.group(2))));
      }
    }
  }
}
