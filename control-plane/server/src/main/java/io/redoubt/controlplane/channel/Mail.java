package io.redoubt.controlplane.channel;

import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.text.PlainText;
import java.util.ArrayList;
import java.util.List;

/**
 * A mail about a request, in plain text.
 *
 * @param id of the message, without brackets
 * @param thread of all mails about the request
 * @param subject on one line
 */
record Mail(String id, String thread, String subject, String text) {
  private static final int MAX_SUBJECT = 150;
  private static final int MAX_ARGUMENTS = 20_000;

  /** About how it stands. */
  static Mail about(Shown shown, String round, String domain) {
    var view = shown.view();
    boolean pending = view.status() == ApprovalStatus.PENDING;
    var lines = new ArrayList<String>();
    lines.add(Words.title(view) + ".");
    lines.add("");
    Words.facts(shown).forEach(fact -> lines.add(fact.name() + ": " + fact.value()));
    lines.addAll(Words.others(shown));
    var votes = Words.votes(shown);
    if (!votes.isEmpty()) {
      lines.add("");
      lines.addAll(votes);
    }
    if (pending) {
      Words.clauses(view)
          .ifPresent(text -> {
            lines.add("");
            lines.addAll(text.lines().toList());
          });
      arguments(lines, shown);
      lines.add("");
      lines.add(Words.exactArguments(view));
      lines.add("To approve: redoubt approvals approve " + view.id());
      lines.add("To deny: redoubt approvals deny " + view.id() + " --reason \"…\"");
    }
    lines.add("");
    lines.add("Nothing is decided by an answer to this mail, and nobody reads it.");
    String thread = view.id() + "@" + domain;
    String id =
        view.id() + "." + Signatures.hex(Signatures.sha256(round)).substring(0, 16) + "@" + domain;
    String subject = Words.title(view) + ": " + view.operation() + " " + view.target();
    return new Mail(id, thread, Visible.line(subject, MAX_SUBJECT), String.join("\r\n", lines));
  }

  private static void arguments(List<String> lines, Shown shown) {
    String text = shown.arguments();
    if (text == null) {
      return;
    }
    String visible = Visible.of(text);
    lines.add("");
    lines.addAll(PlainText.cut(visible, MAX_ARGUMENTS).lines().toList());
    if (visible.length() > MAX_ARGUMENTS) {
      lines.add(Words.notAll(shown.view()));
    }
  }
}
