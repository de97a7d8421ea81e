package io.redoubt.controlplane.channel;

import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What every channel says of a request, in the same words, on single lines of bounded length on
 * which everything is visible. Markup is the channel's own matter.
 */
final class Words {
  /** Characters of a reason, in any channel. */
  static final int MAX_REASON = 500;

  /** Characters of arguments in a form, which is what Slack's fields take. */
  static final int MAX_TYPED = 3_000;

  static final int MAX_LINE = 300;
  private static final int MAX_VALUE = 500;
  private static final int MOST_RELATED = 5;
  private static final int MOST_VOTES = 10;

  private Words() {}

  /** Something that is known of a request. */
  record Fact(String name, String value) {}

  static String title(ApprovalView view) {
    return switch (view.status()) {
      case PENDING -> "Approval needed";
      case APPROVED -> "Approved";
      case DENIED -> "Denied";
      case EXPIRED -> "Expired";
      case CONSUMED -> "Approved and used";
      case CANCELLED -> "Cancelled";
      case EDITED -> "Changed: the changed call is asked about in its place";
    };
  }

  /** The most important first. */
  static List<Fact> facts(Shown shown) {
    var view = shown.view();
    var facts = new ArrayList<Fact>();
    fact(facts, "Agent", shown.agent() + " (" + view.agentId() + ")");
    fact(facts, "Owner", shown.person(view.owner()));
    fact(facts, "Call", view.operation() + (view.within() == null ? "" : " in " + view.within()));
    fact(facts, "Of", view.target());
    fact(facts, "Asked for by", String.join(", ", view.policyIds()));
    fact(facts, "Risk", view.riskScore() + " of 100" + listed(": ", view.riskReasons()));
    if (!view.findings().isEmpty()) {
      fact(facts, "Found in it", listed("", view.findings()));
    }
    fact(facts, "Workflow", view.workflow() + ", tier " + view.tier());
    until(view).ifPresent(until -> fact(facts, "Until", until));
    fact(facts, "Request", view.id().toString());
    return facts;
  }

  private static void fact(List<Fact> facts, String name, String value) {
    facts.add(new Fact(name, Visible.line(value, MAX_VALUE)));
  }

  private static String listed(String before, List<String> words) {
    return words.isEmpty() ? "" : before + String.join(", ", words);
  }

  private static Optional<String> until(ApprovalView view) {
    return Optional.ofNullable(view.expiresAt()).map(Words::time);
  }

  private static String time(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** What the policies that want it say; empty: that is not known. */
  static Optional<String> clauses(ApprovalView view) {
    return Optional.of(
            view.clauses().stream()
                .map(clause -> "// " + clause.policy() + "\n" + clause.text().strip())
                .collect(Collectors.joining("\n")))
        .filter(text -> !text.isEmpty())
        .map(Visible::of);
  }

  /** Where what the policies say had to be cut. */
  static String notAllClauses(ApprovalView view) {
    return "This is not all that they say: redoubt approvals show " + view.id();
  }

  /** Where people with the permission see all of it. */
  static String exactArguments(ApprovalView view) {
    if (view.argumentsWithheld()) {
      return "Its arguments are too large to show here: read them with `redoubt approvals show "
          + view.id()
          + " --at-enclave`";
    }
    return view.prompt() == null
        ? "The exact arguments: redoubt approvals show " + view.id()
        : "An excerpt of what the model is asked. All of it: redoubt approvals show "
            + view.id()
            + " --at-enclave";
  }

  /** Where what is shown of what the call says had to be cut. */
  static String notAll(ApprovalView view) {
    return view.prompt() == null
        ? "This is not all of the arguments."
        : "This is not all of the excerpt.";
  }

  /** The newest of what people said, the oldest of it first. */
  static List<String> votes(Shown shown) {
    var votes = shown.view().votes();
    return votes.subList(Math.max(0, votes.size() - MOST_VOTES), votes.size()).stream()
        .map(vote -> said(shown, vote))
        .toList();
  }

  private static String said(Shown shown, ApprovalView.Vote vote) {
    String what = vote.decision() == ApprovalView.Decision.APPROVE ? "approved" : "denied";
    return line(
        shown.person(vote.by())
            + " "
            + what
            + " through "
            + vote.through()
            + (vote.reason().isBlank() ? "" : ": " + vote.reason()));
  }

  /** A line that may hold a reason. */
  static String line(String text) {
    return Visible.line(text, MAX_REASON + MAX_LINE);
  }

  /**
   * Whether people hear of it who have heard nothing yet: they are asked, or somebody has changed a
   * call that they were asked about, and this is what is done in its place.
   */
  static boolean isTold(ApprovalView view) {
    return switch (view.status()) {
      case PENDING -> true;
      case APPROVED, CONSUMED -> view.editOf() != null;
      case DENIED, EXPIRED, CANCELLED, EDITED -> false;
    };
  }

  /** Other requests that whoever sees this one should know of. */
  static List<String> others(Shown shown) {
    var lines = changes(shown);
    earlier(shown.view()).ifPresent(lines::add);
    lines.addAll(related(shown.view()));
    return lines;
  }

  /** How often the agent asked for the same, and what came of it last. */
  private static Optional<String> earlier(ApprovalView view) {
    var earlier = view.earlierRequests();
    if (earlier.isEmpty()) {
      return Optional.empty();
    }
    var last = earlier.getFirst();
    return Optional.of(
        line(
            "Asked %s within a day; %s, of %s, was %s when this was said"
                .formatted(
                    earlier.size() == 1 ? "once before" : earlier.size() + " times before",
                    last.id(),
                    time(last.askedAt()),
                    last.status().wire())));
  }

  /** Whose place it takes, and what takes its own. */
  private static List<String> changes(Shown shown) {
    var lines = new ArrayList<String>();
    var of = shown.view().editOf();
    if (of != null) {
      lines.add(line("In the place of " + of.approval() + ": " + changed(shown, of)));
    }
    var to = shown.view().editedTo();
    if (to != null) {
      lines.add(line("In its place " + to.approval() + ": " + changed(shown, to)));
    }
    return lines;
  }

  private static String changed(Shown shown, ApprovalView.Edit edit) {
    return shown.person(edit.by()) + " changed " + String.join(", ", edit.changes());
  }

  /** Other requests of the same turn, as they stand while this is said; none: there are none. */
  private static List<String> related(ApprovalView view) {
    var lines = new ArrayList<String>();
    for (var id : view.related().stream().limit(MOST_RELATED).toList()) {
      lines.add(
          line(
              "Of the same turn: "
                  + view.relatedCalls().stream()
                      .filter(each -> each.id().equals(id))
                      .findFirst()
                      .map(Words::call)
                      .orElse("")
                  + id));
    }
    int more = view.related().size() - lines.size();
    if (more > 0) {
      lines.add("Of the same turn: " + more + " more");
    }
    return lines;
  }

  private static String call(ApprovalView.RelatedCall call) {
    return Visible.line(call.operation() + " of " + call.resource(), MAX_LINE)
        + ", "
        + call.status().wire()
        + " when this was said, ";
  }

  /** What was not told yet. */
  static List<String> history(Standing told, Shown shown) {
    var view = shown.view();
    var lines = new ArrayList<String>();
    view.votes().stream().skip(told.votes()).forEach(vote -> lines.add(said(shown, vote)));
    if (asksAnew(told, view)) {
      lines.add(
          line(
              "Asked now: tier "
                  + view.tier()
                  + " of "
                  + view.workflow()
                  + until(view).map(until -> ", until " + until).orElse("")));
    }
    if (told.status() != view.status()) {
      lines.add(title(view) + until(view).map(until -> ", good until " + until).orElse(""));
      lines.addAll(changes(shown));
    }
    return lines.stream().limit(2L * MOST_VOTES).toList();
  }

  /** Whether other people are asked than when it was told last. */
  static boolean asksAnew(Standing told, ApprovalView view) {
    return view.status() == ApprovalStatus.PENDING
        && !(told.workflow().equals(view.workflow()) && told.tier() == view.tier());
  }
}
