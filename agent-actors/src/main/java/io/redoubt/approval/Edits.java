package io.redoubt.approval;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.action.Arguments;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Edit;
import io.redoubt.approval.Approval.Editable;
import io.redoubt.approval.Approval.MayEdit;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.approval.Approval.Refused;
import io.redoubt.approval.Approval.Standing;
import io.redoubt.approval.Approval.Vote;
import io.redoubt.approval.ApprovalBoard.Entry;
import io.redoubt.approval.ApprovalRequest.Form;
import io.redoubt.approval.ApprovalRequest.Origin;
import io.redoubt.approval.CallEditor.Askable;
import io.redoubt.approval.CallEditor.Forbidden;
import io.redoubt.approval.Voting.Heard;
import io.redoubt.approval.Voting.NotEdited;
import io.redoubt.approval.Voting.NotHeard;
import io.redoubt.approval.Voting.Outcome;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.text.PlainText;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Approves a call with other arguments. The order is what makes it safe to die in: whether this
 * person may; what policies say to the changed call; a request for it, which nobody has voted for;
 * the end of the request for the call as it was; and then the vote. The same again goes on from
 * where it was.
 */
final class Edits {
  private static final String TEXT_MEMBER = "input";
  private static final int MOST_WORDS = 500;

  private final Approvals approvals;
  private final ApprovalDesk desk;
  private final CallEditor editor;
  private final InstantSource clock;

  Edits(Approvals approvals, ApprovalDesk desk, CallEditor editor, InstantSource clock) {
    this.approvals = approvals;
    this.desk = desk;
    this.editor = editor;
    this.clock = clock;
  }

  CompletionStage<Outcome> edit(ApprovalKey key, Ballot ballot, Entry entry, byte[] json) {
    return approvals
        .ask(key, replyTo -> new MayEdit(ballot, replyTo))
        .thenCompose(reply ->
            switch (reply) {
              case Editable editable -> edit(key, ballot, entry, json, editable);
              // Said before, and its end kept from whoever said it.
              case Standing(var view, var _) -> voted(key, ballot, entry, view);
              case Refused(var why, var view) -> refused(why, entry, view);
              case Approval.Consumed _ -> throw new IllegalStateException("no answer: " + reply);
            });
  }

  private CompletionStage<Outcome> edit(
      ApprovalKey key, Ballot ballot, Entry entry, byte[] json, Editable editable) {
    var original = editable.request();
    var edited = json.length == 0 ? Arguments.refused("not JSON") : Arguments.parse(json);
    var flaw = flaw(original, json, edited);
    if (flaw != null) {
      return notEdited(flaw, entry);
    }
    var agent = new AgentKey(key.organization(), original.agent());
    return editor
        .look(agent, new CallEditor.Change(original, entry.arguments(), edited))
        .thenCompose(verdict ->
            switch (verdict) {
              case Forbidden(var why) -> notEdited(why, entry);
              case Askable it when it.digest().equals(original.digest()) ->
                  notEdited("It is the same call: approve it as it is.", entry);
              case Askable it -> {
                var changes = Differences.between(entry.arguments(), it.arguments());
                var edit =
                    new ApprovalView.Edit(key.approval(), original.digest(), ballot.by(), changes);
                // It takes the place of one that waits already: the agent's own limit is not
                // about it.
                yield desk.ask(agent, request(editable, it, edit), it.arguments())
                    .thenCompose(answer ->
                        replace(key, ballot, entry, new Replacing(answer, it.digest(), edit)));
              }
            });
  }

  /** What is wrong with it as arguments of that call; null: nothing is. */
  private static @Nullable String flaw(ApprovalRequest original, byte[] json, Arguments edited) {
    if (json.length > ApprovalView.MAX_EDITED_BYTES) {
      return "The arguments are larger than " + ApprovalView.MAX_EDITED_BYTES + " bytes.";
    }
    if (edited.refusal() != null) {
      return "The arguments cannot be judged: " + edited.refusal() + ".";
    }
    if (!isUnicode(edited.values())) {
      return "The arguments are not Unicode.";
    }
    var editing = original.editing();
    boolean text = edited.values().size() == 1 && edited.values().path(TEXT_MEMBER).isTextual();
    return editing != null && editing.form() == Form.TEXT && !text
        ? "The tool takes text: an object with that as its " + TEXT_MEMBER + ", and nothing else."
        : null;
  }

  /** Half of a character is written differently by everybody. No deeper than what was read. */
  private static boolean isUnicode(JsonNode node) {
    if (node.isTextual() && !isUnicode(node.textValue())) {
      return false;
    }
    for (var names = node.fieldNames(); names.hasNext(); ) {
      if (!isUnicode(names.next())) {
        return false;
      }
    }
    for (var each : node) {
      if (!isUnicode(each)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isUnicode(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /** Where policies would permit it without anybody, those decide whose call it is. */
  private ApprovalRequest request(Editable editable, Askable askable, ApprovalView.Edit edit) {
    var original = editable.request();
    var workflows = askable.workflows().isEmpty() ? original.workflows() : askable.workflows();
    // Tiers before it have had their time. A workflow before it has granted another call.
    boolean goesOn = editable.workflow() == 0 && workflows.equals(original.workflows());
    return new ApprovalRequest(
        askable.identity(),
        original.agent(),
        original.owner(),
        original.plane(),
        original.operation(),
        original.within(),
        original.resource(),
        askable.digest(),
        askable.policyIds(),
        askable.bundleVersion(),
        askable.risk(),
        ActionId.next(clock),
        original.turn(),
        original.traceId(),
        workflows,
        original.editing(),
        new Origin(edit, goesOn ? editable.tier() : 0),
        askable.riskReasons(),
        askable.findings(),
        askable.clauses());
  }

  private record Replacing(ApprovalDesk.Answer answer, String digest, ApprovalView.Edit edit) {
    private @Nullable ApprovalId id() {
      return switch (answer) {
        case ApprovalDesk.Pending(var view) -> view.id();
        case ApprovalDesk.Usable(var grant) -> grant.id();
        case ApprovalDesk.Over _, ApprovalDesk.TooMany _ -> null;
      };
    }
  }

  private CompletionStage<Outcome> replace(
      ApprovalKey key, Ballot ballot, Entry entry, Replacing replacing) {
    var id = replacing.id();
    if (id == null) {
      return notEdited(
          replacing.answer() instanceof ApprovalDesk.TooMany
              ? "Too many requests for approval wait for a decision."
              : "That call was asked about before, and changed into another.",
          entry);
    }
    var edit = replacing.edit();
    var to = new ApprovalView.Edit(id, replacing.digest(), ballot.by(), edit.changes());
    return approvals
        .ask(key, replyTo -> new Edit(ballot, to, replyTo))
        .thenCompose(reply ->
            switch (reply) {
              case Standing(var view, var _) -> voted(key, ballot, entry, view);
              case Refused(var why, var view) ->
                  withdrawn(key, id).thenCompose(_ -> refused(why, entry, view));
              case Approval.Consumed _, Editable _ ->
                  throw new IllegalStateException("no answer: " + reply);
            });
  }

  /** Somebody has decided meanwhile: what was to stand in its place, nobody needs to decide. */
  private CompletionStage<Void> withdrawn(ApprovalKey original, ApprovalId replacement) {
    var key = new ApprovalKey(original.organization(), replacement);
    return approvals
        .ask(key, Approval.Describe::new)
        .thenCompose(reply ->
            reply instanceof Standing(var view, var grant)
                    && grant == null
                    && view.votes().isEmpty()
                    && view.editOf() != null
                    && view.editOf().approval().equals(original.approval())
                ? approvals
                    .ask(
                        key,
                        replyTo ->
                            new Approval.Cancel(
                                "the call that it was to replace is decided", null, replyTo))
                    .thenApply(_ -> null)
                : CompletableFuture.<Void>completedFuture(null));
  }

  /** The one who changed it approves the changed call, where they are asked about that one. */
  private CompletionStage<Outcome> voted(
      ApprovalKey key, Ballot ballot, Entry entry, ApprovalView view) {
    var to = view.editedTo();
    if (to == null) {
      return CompletableFuture.completedFuture(new NotHeard(Refusal.DECIDED, entry.now(view)));
    }
    return approvals
        .ask(
            new ApprovalKey(key.organization(), to.approval()),
            replyTo -> new Vote(ballot, replyTo))
        .thenApply(_ -> new Heard(entry.now(view)));
  }

  private static CompletionStage<Outcome> refused(
      Refusal why, Entry entry, @Nullable ApprovalView view) {
    var now = view == null ? null : entry.now(view);
    return CompletableFuture.completedFuture(
        why == Refusal.NOT_EDITABLE
            ? new NotEdited(
                now != null && now.editable()
                    ? "It takes more than one to end this request, so nobody can change it alone."
                    : "This call cannot be changed.",
                now)
            : new NotHeard(why, now));
  }

  private static CompletionStage<Outcome> notEdited(String why, Entry entry) {
    var view = entry.view();
    // It may hold names that somebody has written, and goes into the record.
    return CompletableFuture.completedFuture(
        new NotEdited(PlainText.beginning(why, MOST_WORDS), view == null ? null : entry.now(view)));
  }
}
