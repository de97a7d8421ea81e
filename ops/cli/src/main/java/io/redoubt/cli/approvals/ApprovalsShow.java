package io.redoubt.cli.approvals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.text.PlainText;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Shows one request for approval. */
@Command(
    name = "show",
    description = {
      "Show one request for approval, with the exact arguments of the call.",
      "Of a call to a model an excerpt of what it says, and with --at-enclave all of it."
    })
final class ApprovalsShow implements Callable<Integer> {
  @Mixin Desk desk = new Desk();

  @Parameters(paramLabel = "ID", description = "Which one: apr_…")
  String id = "";

  private final Session session;

  ApprovalsShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode approval = desk.show(session, id);
    session.output().show(approval, () -> Desk.fields(approval));
    if (!session.output().isJson()) {
      var output = session.output();
      change(approval.path("edit_of"), "in the place of")
          .or(() -> change(approval.path("edited_to"), "in its place"))
          .ifPresent(line -> output.line(Table.printable(line)));
      for (JsonNode each : approval.path("clauses")) {
        lines("// %s%n%s".formatted(each.path("policy").asText(), each.path("text").asText()));
      }
      for (JsonNode each : approval.path("earlier_requests")) {
        output.line(
            Table.printable(
                "asked before: %s  at %s is %s"
                    .formatted(
                        each.path("id").asText(),
                        each.path("asked_at").asText(),
                        each.path("status").asText())));
      }
      for (JsonNode each : approval.path("related_calls")) {
        output.line(
            Table.printable(
                "of the same turn: %s  %s of %s is %s"
                    .formatted(
                        each.path("id").asText(),
                        each.path("operation").asText(),
                        each.path("resource").asText(),
                        each.path("status").asText())));
      }
      for (JsonNode each : approval.path("opinions")) {
        output.line(Table.printable(opinion(each)));
      }
      for (JsonNode vote : approval.path("votes")) {
        output.line(
            Table.printable(
                "%s  %s by %s through %s, tier %s of %s: %s"
                    .formatted(
                        vote.path("at").asText(),
                        vote.path("decision").asText(),
                        vote.path("by").asText(),
                        vote.path("through").asText(),
                        vote.path("tier").asText(),
                        vote.path("workflow").asText(),
                        vote.path("reason").asText())));
      }
      if (approval.hasNonNull("arguments")) {
        lines(approval.path("arguments").toPrettyString());
      }
      if (approval.path("prompt") instanceof ObjectNode prompt) {
        prompt(prompt);
      }
      if (approval.path("arguments_withheld").asBoolean()) {
        output.line("");
        output.line(
            Table.printable(
                "Its arguments are too large to show here: read them with `redoubt approvals show "
                    + id
                    + " --at-enclave`"));
      }
    }
    return 0;
  }

  /** Whoever decides by them sees everything that is there. */
  private void lines(String text) {
    session.output().line("");
    PlainText.shown(text).lines().forEach(session.output()::line);
  }

  /** What a model is asked; all of it where the enclave has kept that. */
  private void prompt(ObjectNode prompt) {
    ObjectNode excerpt = prompt.deepCopy();
    JsonNode request = excerpt.remove("request");
    lines(excerpt.toPrettyString());
    if (request != null && request.isTextual()) {
      lines(request.asText());
      return;
    }
    lines(
        desk.atEnclave
            ? "This is an excerpt: the request is too large to be kept."
            : "This is an excerpt. All of it: redoubt approvals show " + id + " --at-enclave");
  }

  private static Optional<String> change(JsonNode edit, String how) {
    if (!edit.isObject()) {
      return Optional.empty();
    }
    var changes = new ArrayList<String>();
    edit.path("changes").forEach(each -> changes.add(each.asText()));
    return Optional.of(
        "%s %s, changed by %s: %s"
            .formatted(
                how,
                edit.path("approval").asText(),
                edit.path("by").asText(),
                String.join(", ", changes)));
  }

  /** Nobody is to take a model's word for a person's. */
  private static String opinion(JsonNode each) {
    var opinion = each.path("opinion");
    return "%s  (a model, %s, tier %s of %s) %s, which settled nothing since %s: %s"
        .formatted(
            each.path("at").asText(),
            opinion.path("by").asText(),
            each.path("tier").asText(),
            each.path("workflow").asText(),
            opinion.hasNonNull("said")
                ? "%s with confidence %s"
                    .formatted(opinion.path("said").asText(), opinion.path("confidence").asText())
                : "no answer",
            each.path("why").asText(),
            opinion.path("reason").asText());
  }
}
