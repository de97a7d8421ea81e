package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.content.Category;
import io.redoubt.content.CustomPatterns;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.policy.Bundles;
import io.redoubt.controlplane.policy.Content;
import io.redoubt.controlplane.policy.Publication;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.proxy.inspect.Finding;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.Redaction;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A call's arguments as a channel may show them. Whatever inspection finds in them is replaced, be
 * it built in or a pattern of a published content policy, and whatever the policy wants done about
 * it: a chat keeps what it was told, and shows it to more people than those who decide.
 */
final class ShownArguments {
  private static final int REMEMBERED = 256;

  /** With a colon where inspectors know one: close behind the name. */
  private static final DefaultPrettyPrinter INDENTED =
      new DefaultPrettyPrinter(
          Separators.createDefaultInstance().withObjectFieldValueSpacing(Separators.Spacing.AFTER));

  private final Bundles bundles;
  private final Map<OrganizationId, Ready> ready =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<OrganizationId, Ready> eldest) {
          return size() > REMEMBERED;
        }
      };

  private record Ready(long version, List<Inspector> inspectors) {}

  ShownArguments(Bundles bundles) {
    this.bundles = bundles;
  }

  /** Those that look through what the organization's agents say. */
  List<Inspector> inspectors(Transaction transaction) {
    long version = bundles.newest(transaction).map(Publication::version).orElse(0L);
    synchronized (ready) {
      var known = ready.get(transaction.organization());
      if (known != null && known.version() == version) {
        return known.inspectors();
      }
    }
    var made =
        new Ready(
            version,
            bundles
                .content(transaction, version)
                .map(Content::contentPolicies)
                .map(ShownArguments::inspectors)
                .orElse(List.of(Inspector.STANDARD)));
    synchronized (ready) {
      ready.put(transaction.organization(), made);
    }
    return made.inspectors();
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

  /** The arguments, indented, with what is found in them replaced. */
  static String redacted(JsonNode arguments, List<Inspector> inspectors) {
    byte[] text;
    try {
      text = Json.LENIENT.writer(INDENTED).writeValueAsBytes(arguments);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
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
