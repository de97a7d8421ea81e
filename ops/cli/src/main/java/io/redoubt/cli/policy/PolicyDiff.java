package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.group.GroupCommand;
import io.redoubt.cli.rules.RulesCommand;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows what a publication would change. */
@Command(name = "diff", description = "Show what the draft would change of what is published.")
final class PolicyDiff implements Callable<Integer> {
  @Option(
      names = "--against",
      paramLabel = "VERSION",
      description = "Compare with this published version; left out: with the newest.")
  @Nullable Long version;

  private static final String CONTENT = "content of ";
  private static final String CANARY = "canary ";
  private static final String WORKFLOW = "workflow ";
  private static final String GROUP = "group ";

  /** What only the draft says of its parts: who wrote them, and when. */
  private static final Set<String> AUTHORSHIP =
      Set.of("version", "updated_by", "created_at", "updated_at");

  private final Session session;

  PolicyDiff(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Map<String, String> published = published();
    Map<String, String> draft = draft();
    var names = new TreeSet<>(published.keySet());
    names.addAll(draft.keySet());
    names.removeIf(name ->
        published.containsKey(name) && published.getOrDefault(name, "").equals(draft.get(name)));
    if (session.output().isJson()) {
      session.output().json(json(names, published, draft));
    } else if (names.isEmpty()) {
      session.output().line("The draft is what is published.");
    } else {
      names.forEach(name -> show(name, published.get(name), draft.get(name)));
    }
    return 0;
  }

  /** All that is published together: documents, what rules become, and what is beside them. */
  private Map<String, String> draft() {
    Map<String, String> draft = texts(session.operator().list(PolicyCommand.POLICIES, 0));
    session
        .operator()
        .list(RulesCommand.PATH, 0)
        .forEach(
            rule -> draft.put("rule." + rule.path("name").asText(), rule.path("cedar").asText()));
    session
        .operator()
        .list(ContentPolicyCommand.PATH, 0)
        .forEach(it -> draft.put(CONTENT + it.path("scope").asText(), ContentPolicyShow.said(it)));
    named(draft, CANARY, session.operator().list(CanaryCommand.PATH, 0));
    named(draft, WORKFLOW, session.operator().list(WorkflowCommand.PATH, 0));
    named(draft, GROUP, session.operator().list(GroupCommand.PATH, 0));
    return draft;
  }

  private Map<String, String> published() {
    @Nullable String wanted = version == null ? null : version.toString();
    if (wanted == null) {
      List<JsonNode> newest = session.operator().list(PolicyCommand.BUNDLES, 1);
      if (newest.isEmpty()) {
        return Map.of();
      }
      wanted = newest.getFirst().path("version").asText();
    }
    JsonNode bundle = session.operator().get(PolicyCommand.BUNDLES + "/" + wanted);
    var texts = texts(bundle.path("policies"));
    for (JsonNode it : bundle.path("content_policies")) {
      String scope = it.path("scope").asText();
      if (!scope.equals(ContentPolicyCommand.PLATFORM)) {
        texts.put(CONTENT + scope, ContentPolicyShow.said(it.path("policy")));
      }
    }
    named(texts, CANARY, bundle.path("canaries"));
    named(texts, WORKFLOW, bundle.path("workflows"));
    named(texts, GROUP, bundle.path("groups"));
    return texts;
  }

  private static void named(Map<String, String> texts, String kind, Iterable<JsonNode> parts) {
    parts.forEach(it -> texts.put(kind + it.path("name").asText(), said(it)));
  }

  private static String said(JsonNode part) {
    ObjectNode said = Json.LENIENT.createObjectNode();
    part.properties().stream()
        .filter(field -> !AUTHORSHIP.contains(field.getKey()))
        .forEach(field -> said.set(field.getKey(), field.getValue()));
    return said.toPrettyString();
  }

  private static Map<String, String> texts(Iterable<JsonNode> policies) {
    var texts = new TreeMap<String, String>();
    policies.forEach(it -> texts.put(it.path("name").asText(), it.path("cedar").asText()));
    // Whatever is published, the platform's floor is put below it.
    texts.keySet().removeIf(name -> name.startsWith("platform."));
    return texts;
  }

  private void show(String name, @Nullable String before, @Nullable String after) {
    String what = before == null ? "new" : after == null ? "deleted" : "changed";
    session.output().line(TextLines.printable(name) + " (" + what + ")");
    LineDiff.of(
            TextLines.of(before == null ? "" : before), TextLines.of(after == null ? "" : after))
        .forEach(line -> session.output().line("  " + TextLines.printable(line)));
  }

  private static ObjectNode json(
      Iterable<String> names, Map<String, String> published, Map<String, String> draft) {
    ObjectNode document = Json.LENIENT.createObjectNode();
    ArrayNode changes = document.putArray("changes");
    for (String name : names) {
      changes
          .addObject()
          .put("name", name)
          .put("published", published.get(name))
          .put("draft", draft.get(name));
    }
    return document;
  }
}
