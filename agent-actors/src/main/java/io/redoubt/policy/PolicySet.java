package io.redoubt.policy;

import io.redoubt.content.ContentRules;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ApproverGroup;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The policies of an organization, checked, and ready to be asked. Cedar evaluates them; which of
 * them need evaluating, and what a policy that escalates or is only watched means, is decided here.
 */
public final class PolicySet implements Compilation {
  private static final Logger LOG = LoggerFactory.getLogger(PolicySet.class);

  private final List<CompiledPolicy> policies;
  private final ArgumentType.Struct arguments;
  private final ScopeIndex index;
  private final Slices slices;
  private final ContentRules content;
  private final Map<String, ApprovalWorkflow> workflows;
  private final List<ApproverGroup> groups;
  private final List<PolicyProblem> idle;
  private final boolean looksAtSession;

  /**
   * A set.
   *
   * @param idle conditions that say nothing, in the order of the documents
   */
  PolicySet(
      List<CompiledPolicy> policies, ArgumentType.Struct arguments, List<PolicyProblem> idle) {
    this(
        policies,
        arguments,
        idle,
        new ScopeIndex(policies),
        new Slices(policies),
        ContentRules.NONE,
        Map.of(),
        List.of());
  }

  private PolicySet(
      List<CompiledPolicy> policies,
      ArgumentType.Struct arguments,
      List<PolicyProblem> idle,
      ScopeIndex index,
      Slices slices,
      ContentRules content,
      Map<String, ApprovalWorkflow> workflows,
      List<ApproverGroup> groups) {
    this.policies = policies;
    this.arguments = arguments;
    this.idle = idle;
    this.index = index;
    this.slices = slices;
    this.content = content;
    this.workflows = workflows;
    this.groups = groups;
    this.looksAtSession =
        policies.stream()
            .filter(each -> !each.shadow())
            .map(each -> each.consulted().context())
            .anyMatch(asked -> asked.contains("session") || asked.contains("risk"));
  }

  /** Whether what an agent did before may decide, be it by the risk that comes of it. */
  public boolean looksAtSession() {
    return looksAtSession;
  }

  /** Checks the texts strictly against the vocabulary, and makes them ready. Takes its time. */
  public static Compilation compile(List<PolicyDocument> documents) {
    return PolicyCompiler.compile(documents);
  }

  /** The same, with content policies. */
  public static Compilation compile(List<PolicyDocument> documents, List<ContentDocument> content) {
    return handling(compile(documents), content);
  }

  /** What was compiled, with content policies. */
  static Compilation handling(Compilation compiled, List<ContentDocument> content) {
    try {
      var rules = ContentRules.read(content);
      return compiled instanceof PolicySet set ? set.handling(rules) : compiled;
    } catch (ContentRules.RefusedException e) {
      return ContentProblems.beside(compiled, e.problems());
    }
  }

  /** The same of a bundle, whose canaries have to hold. */
  public static Compilation compile(Bundle bundle) {
    return Canaries.tried(
        asking(compile(bundle.policies(), bundle.content()), bundle),
        bundle.organization(),
        bundle.canaries());
  }

  private static Compilation asking(Compilation compilation, Bundle bundle) {
    return compilation instanceof PolicySet set
        ? set.asking(bundle.workflows(), bundle.groups())
        : compilation;
  }

  /** The same, with what is done about what inspectors find. */
  private PolicySet handling(ContentRules rules) {
    return new PolicySet(policies, arguments, idle, index, slices, rules, workflows, groups);
  }

  /** The same, with what is known of those whom its policies ask. */
  private PolicySet asking(List<ApprovalWorkflow> defined, List<ApproverGroup> known) {
    return new PolicySet(
        policies,
        arguments,
        idle,
        index,
        slices,
        content,
        defined.stream()
            .collect(Collectors.toUnmodifiableMap(ApprovalWorkflow::name, Function.identity())),
        known);
  }

  /** What is done about what inspectors find. */
  public ContentRules content() {
    return content;
  }

  /**
   * Who is asked where a policy names that workflow; the usual ones where nobody has defined it,
   * and where the platform's floor asks.
   */
  public ApprovalWorkflow workflow(String name) {
    var defined = Floor.isOf(name) ? null : workflows.get(name);
    return defined == null ? ApprovalWorkflow.usual(name) : defined;
  }

  /** Names of the groups of approvers that a member or client is in. */
  public List<String> groupsOf(String person) {
    return groups.stream()
        .filter(it -> it.members().contains(person))
        .map(ApproverGroup::name)
        .toList();
  }

  /**
   * What can be run and yet should not be published: whoever wrote it believes in a guard that
   * never stands. Such a set that was published before runs on.
   */
  List<PolicyProblem> idle() {
    return idle;
  }

  /** Types of the arguments that the policies look at. */
  ArgumentType.Struct arguments() {
    return arguments;
  }

  /** In the order of the documents. */
  List<CompiledPolicy> policies() {
    return policies;
  }

  /** How many policies it has. */
  public int size() {
    return policies.size();
  }

  /**
   * One of its policies.
   *
   * @param text as it stands in its document
   */
  public record Excerpt(boolean forbids, String text) {}

  /** The policy of that id, or the layer of content policies. */
  public Optional<Excerpt> excerpt(String id) {
    return policies.stream()
        .filter(each -> each.id().equals(id))
        .findFirst()
        .map(each -> new Excerpt(each.forbids(), each.text()))
        .or(() ->
            ContentRules.layerOf(id)
                .map(layer -> new Excerpt(true, ContentRules.text(content.documents(), layer))));
  }

  /**
   * Attributes of the context that are looked at when this is decided: without them it cannot be
   * told how.
   */
  public Set<String> looksAt(PolicyRequest request) {
    var question = new Question(request, arguments);
    var matching = index.matching(question.action(), question.principal(), question.resource());
    return Consulted.all(
            Arrays.stream(matching)
                .mapToObj(policies::get)
                .filter(each -> each.conditional() && !each.shadow())
                .map(CompiledPolicy::consulted))
        .context();
  }

  /** Decides. Never throws: what cannot be decided is denied (G5). */
  public Decision decide(PolicyRequest request) {
    try {
      return Contents.heard(content, request, judged(request));
    } catch (RuntimeException | LinkageError e) {
      LOG.warn("policies could not be evaluated, so {} is denied", request.action().id(), e);
      return refused("the policies could not be evaluated");
    }
  }

  private Decision judged(PolicyRequest request) {
    if (!Vocabulary.allows(request.action(), request.resource())) {
      return refused(request.action().id() + " does not act on such a resource");
    }
    var refusal = request.facts().args().refusal();
    if (refusal != null) {
      return refused("the arguments cannot be judged: " + refusal);
    }
    var question = new Question(request, arguments);
    int[] matching = index.matching(question.action(), question.principal(), question.resource());
    var enforced = new Panel(policies, slices, matching, false);
    if (enforced.conditional() > PolicyCompiler.MAX_TOGETHER) {
      return refused(
          "%d policies with conditions apply, which is more than %d"
              .formatted(enforced.conditional(), PolicyCompiler.MAX_TOGETHER));
    }
    var ruling = Ruling.of(policies, question, List.of(enforced.hear(question)));
    return new Decision(
        ruling.verdict(),
        ruling.policyIds(),
        ruling.workflows(),
        ruling.alerts(),
        shadow(question, matching, enforced),
        ruling.errors());
  }

  private Decision.@Nullable Shadow shadow(Question question, int[] matching, Panel enforced) {
    var watched = new Panel(policies, slices, matching, true);
    if (watched.isEmpty()) {
      return null;
    }
    if (watched.conditional() > PolicyCompiler.MAX_TOGETHER) {
      return new Decision.Shadow(
          Verdict.DENY, List.of(), List.of(), List.of("too many policies in shadow apply"));
    }
    var ruling =
        Ruling.of(policies, question, List.of(enforced.hear(question), watched.hear(question)));
    return new Decision.Shadow(
        ruling.verdict(), ruling.policyIds(), ruling.workflows(), ruling.errors());
  }

  private static Decision refused(String why) {
    return new Decision(Verdict.DENY, List.of(), List.of(), List.of(), null, List.of(why));
  }
}
