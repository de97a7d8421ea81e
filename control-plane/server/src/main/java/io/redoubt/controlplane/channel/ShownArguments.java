package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.content.Category;
import io.redoubt.content.CustomPatterns;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.policy.Bundles;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.proxy.inspect.Finding;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.Redaction;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A call's arguments, or what a model is asked, as a channel may show them. Whatever inspection
 * finds in them is replaced, be it built in or a pattern of a published content policy, and
 * whatever the policy wants done about it: a chat keeps what it was told, and shows it to more
 * people than those who decide.
 */
final class ShownArguments {
  /** With a colon where inspectors know one: close behind the name. */
  private static final DefaultPrettyPrinter INDENTED =
      new DefaultPrettyPrinter(
          Separators.createDefaultInstance().withObjectFieldValueSpacing(Separators.Spacing.AFTER));

  private final PerPublication<List<Inspector>> published;

  ShownArguments(Bundles bundles) {
    this.published =
        new PerPublication<>(bundles, content -> inspectors(content.contentPolicies()));
  }

  /** Those that look through what the organization's agents say. */
  List<Inspector> inspectors(Transaction transaction) {
    return published.of(transaction);
  }

  private static List<Inspector> inspectors(List<ContentDocument> documents) {
    var all = new ArrayList<Inspector>();
    all.add(Inspector.STANDARD);
    for (var document : documents) {
      try {
        if (!document.policy().patterns().isEmpty()) {
          all.add(Inspector.of(CustomPatterns.of(document.policy().patterns())));
        }
      } catch (CustomPatterns.RefusedException e) {
        throw new IllegalStateException("patterns that were published", e);
      }
    }
    return List.copyOf(all);
  }

  /**
   * The arguments as they can be put into a form to be changed: what whoever changes them does not
   * see they would change blindly, and what a chat is not shown stands in no form of it. Empty:
   * they cannot.
   */
  static Optional<String> toChange(ApprovalView view, List<Inspector> inspectors) {
    var arguments = view.arguments();
    if (!view.editable() || arguments == null) {
      return Optional.empty();
    }
    var whole = new String(indented(arguments), StandardCharsets.UTF_8);
    return Optional.of(whole)
        .filter(text -> text.length() <= Words.MAX_TYPED)
        .filter(text -> Visible.of(text).equals(text))
        .filter(text -> redacted(arguments, inspectors).equals(text));
  }

  private static byte[] indented(JsonNode arguments) {
    try {
      return Json.LENIENT.writer(INDENTED).writeValueAsBytes(arguments);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }

  /** What the call says, with what must not be shown replaced; empty: nothing is known of that. */
  static Optional<String> of(ApprovalView view, List<Inspector> inspectors) {
    var prompt = view.prompt();
    return Optional.ofNullable(
            prompt == null
                ? view.arguments()
                : Json.LENIENT.<JsonNode>valueToTree(prompt.excerpt()))
        .map(said -> redacted(said, inspectors));
  }

  /** Indented, with what is found in it replaced. */
  private static String redacted(JsonNode arguments, List<Inspector> inspectors) {
    byte[] text = indented(arguments);
    for (var inspector : inspectors) {
      var redaction = new Redaction(inspector, ShownArguments::isPrivate);
      var out = new ByteArrayOutputStream(text.length);
      out.writeBytes(redaction.feed(text, 0, text.length));
      out.writeBytes(redaction.end());
      text = out.toByteArray();
    }
    return new String(text, StandardCharsets.UTF_8);
  }

  /** Orders to models are for those who decide to see. */
  private static boolean isPrivate(Finding finding) {
    return finding.category() != Category.INJECTION;
  }
}
