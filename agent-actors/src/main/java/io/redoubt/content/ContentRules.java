package io.redoubt.content;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Layer;
import io.redoubt.protocol.policy.CustomPattern;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The content policies of one bundle, of all layers, checked and ready to be asked. */
public final class ContentRules {
  /** Nobody says anything. */
  public static final ContentRules NONE = new ContentRules(List.of(), CustomPatterns.NONE);

  /** The scope of what is wrong with all of them together. */
  public static final String TOGETHER = "all";

  /** No document of Cedar can be named so. */
  private static final String CONTENT = "content:";

  private static final String MODELS = "models:";

  /** Combinations of documents whose effect is kept; others are put together when asked for. */
  private static final int MOST_KEPT = 1_000;

  private final List<ContentDocument> documents;
  private final CustomPatterns patterns;
  private final Map<List<String>, EffectiveContentPolicy> effective = new ConcurrentHashMap<>();

  /**
   * Something that is wrong with a content policy.
   *
   * @param scope whose it is
   * @param pointer into it (RFC 6901)
   */
  public record Problem(String scope, String pointer, String detail) {}

  /** Content policies that are refused, with everything that is wrong with them. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    RefusedException(List<Problem> problems) {
      super(problems.size() + " problems with content policies: " + problems.getFirst(), null);
      this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
      return problems;
    }
  }

  private ContentRules(List<ContentDocument> documents, CustomPatterns patterns) {
    this.documents = List.copyOf(documents);
    this.patterns = patterns;
  }

  /**
   * Reads them all, and says everything that is wrong at once. A rule that is milder than a floor
   * is no problem here, since it is overruled: floors come after what stands below them.
   */
  public static ContentRules read(List<ContentDocument> documents) throws RefusedException {
    if (documents.isEmpty()) {
      return NONE;
    }
    var problems = new ArrayList<Problem>();
    var patterns = new ArrayList<CustomPattern>();
    var names = new HashSet<String>();
    for (var document : layered(documents)) {
      readPatterns(document, names, patterns, problems);
    }
    problems.addAll(said(documents, false));
    var ready = CustomPatterns.NONE;
    if (problems.isEmpty() && !patterns.isEmpty()) {
      try {
        ready = CustomPatterns.of(patterns);
      } catch (CustomPatterns.RefusedException e) {
        e.problems()
            .forEach(
                it -> problems.add(new Problem(TOGETHER, "/patterns" + it.pointer(), it.detail())));
      }
    }
    if (!problems.isEmpty()) {
      throw new RefusedException(problems);
    }
    return new ContentRules(documents, ready);
  }

  /**
   * What a layer says to no effect, since one above it says otherwise: rules that are milder than a
   * floor, and patterns whose names are taken. It can be run, and is not published from a draft.
   */
  public static List<Problem> overruled(List<ContentDocument> documents) {
    var problems = new ArrayList<>(said(documents, true));
    var names = new HashSet<String>();
    for (var document : layered(documents)) {
      var own = document.policy().patterns();
      for (int i = 0; i < own.size(); i++) {
        if (!names.add(own.get(i).name()) && document.layer() == Layer.ORGANIZATION) {
          problems.add(
              new Problem(
                  document.scope(),
                  "/patterns/" + i + "/name",
                  "a pattern of the platform has this name"));
        }
      }
    }
    return problems;
  }

  /** Each list of patterns for itself, so that a problem is told by its place there. */
  private static void readPatterns(
      ContentDocument document,
      Set<String> names,
      List<CustomPattern> all,
      List<Problem> problems) {
    var own = document.policy().patterns();
    if (own.isEmpty()) {
      return;
    }
    if (document.layer() == Layer.AGENT) {
      problems.add(
          new Problem(
              document.scope(),
              "/patterns",
              "belong to the organization; here is said what is done about them"));
      return;
    }
    try {
      var _ = CustomPatterns.of(own);
      // A name belongs to the highest layer that uses it.
      own.stream().filter(it -> names.add(it.name())).forEach(all::add);
    } catch (CustomPatterns.RefusedException e) {
      e.problems()
          .forEach(it ->
              problems.add(
                  new Problem(
                      document.scope(),
                      "/patterns" + it.pointer(),
                      it.position() == null
                          ? it.detail()
                          : it.detail() + ", at character " + it.position())));
    }
  }

  /**
   * The same without rules about what none of them looks for, nor anything built in: a pattern that
   * a layer above has no more. They say nothing.
   */
  public static List<ContentDocument> withoutVainRules(List<ContentDocument> documents) {
    return documents.stream()
        .map(document -> {
          var policy = document.policy();
          var rules =
              policy.rules().stream()
                  .filter(rule ->
                      documents.stream()
                          .anyMatch(
                              it -> EffectiveContentPolicy.knows(it.policy(), rule.subject())))
                  .toList();
          return new ContentDocument(
              document.scope(), new ContentPolicy(rules, policy.patterns(), policy.models()));
        })
        .toList();
  }

  /** What is wrong with rules: milder than a floor, or anything else. */
  private static List<Problem> said(List<ContentDocument> documents, boolean milder) {
    var problems = new ArrayList<Problem>();
    var above = new EnumMap<Layer, ContentPolicy>(Layer.class);
    for (var document : layered(documents)) {
      var layers = new EnumMap<>(above);
      layers.put(document.layer(), document.policy());
      EffectiveContentPolicy.problems(layers).stream()
          .filter(it -> it.layer() == document.layer())
          .filter(it -> it.milder() == milder && !it.pointer().startsWith("/patterns"))
          .forEach(it -> problems.add(new Problem(document.scope(), it.pointer(), it.detail())));
      if (document.layer() != Layer.AGENT) {
        above.put(document.layer(), document.policy());
      }
    }
    return problems;
  }

  private static List<ContentDocument> layered(List<ContentDocument> documents) {
    return documents.stream().sorted((one, other) -> one.layer().compareTo(other.layer())).toList();
  }

  /** How decisions and records name a layer that had its say about findings. */
  public static String contentId(Layer layer) {
    return CONTENT + layer.name().toLowerCase(Locale.ROOT);
  }

  /** The same where it was about the model. */
  public static String modelsId(Layer layer) {
    return MODELS + layer.name().toLowerCase(Locale.ROOT);
  }

  /** The layer that is named so; empty: it is the id of a policy of Cedar. */
  public static Optional<Layer> layerOf(String id) {
    return Arrays.stream(Layer.values())
        .filter(it -> id.equals(contentId(it)) || id.equals(modelsId(it)))
        .findFirst();
  }

  /** All that a layer says, as it is published. */
  public static String text(List<ContentDocument> documents, Layer layer) {
    return documents.stream()
        .filter(it -> it.layer() == layer)
        .map(it -> new String(Json.write(it), StandardCharsets.UTF_8))
        .collect(Collectors.joining("\n"));
  }

  /** Nobody says anything: nothing is to be asked. */
  public boolean isEmpty() {
    return documents.isEmpty();
  }

  public List<ContentDocument> documents() {
    return documents;
  }

  /** What is looked for beside everything built in. */
  public CustomPatterns patterns() {
    return patterns;
  }

  /** Whether the same is looked for as by others. */
  public boolean looksForTheSameAs(ContentRules other) {
    return patterns == other.patterns || written().equals(other.written());
  }

  private List<CustomPattern> written() {
    return layered(documents).stream().flatMap(it -> it.policy().patterns().stream()).toList();
  }

  /** What holds for an agent. */
  public EffectiveContentPolicy of(AgentId agent, Map<String, String> labels) {
    var concerning = documents.stream().filter(it -> it.concerns(agent, labels)).toList();
    var scopes = concerning.stream().map(ContentDocument::scope).toList();
    var known = effective.get(scopes);
    if (known == null) {
      known = EffectiveContentPolicy.of(layers(concerning));
      if (effective.size() < MOST_KEPT) {
        effective.put(scopes, known);
      }
    }
    return known;
  }

  /** What several documents say of an agent is one layer: of two rules the stricter goes. */
  private static Map<Layer, ContentPolicy> layers(List<ContentDocument> documents) {
    var layers = new EnumMap<Layer, ContentPolicy>(Layer.class);
    for (Layer layer : Layer.values()) {
      var own = documents.stream().filter(it -> it.layer() == layer).toList();
      if (own.size() == 1) {
        layers.put(layer, own.getFirst().policy());
      } else if (!own.isEmpty()) {
        layers.put(
            layer,
            new ContentPolicy(
                own.stream().flatMap(it -> it.policy().rules().stream()).toList(), List.of()));
      }
    }
    return layers;
  }

  /** Who does not allow the agent a model; empty: all do. */
  public Optional<ContentDocument> against(
      AgentId agent, Map<String, String> labels, String model) {
    for (var document : documents) {
      var models = document.policy().models();
      if (!models.equals(ModelAccess.ANY)
          && document.concerns(agent, labels)
          && !models.permits(model)) {
        return Optional.of(document);
      }
    }
    return Optional.empty();
  }
}
