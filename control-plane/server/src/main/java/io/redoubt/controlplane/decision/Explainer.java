package io.redoubt.controlplane.decision;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.content.ContentRules;
import io.redoubt.controlplane.decision.Explanation.PublishedBundle;
import io.redoubt.controlplane.decision.Explanation.Told;
import io.redoubt.controlplane.decision.Explanation.Watched;
import io.redoubt.controlplane.policy.Content;
import io.redoubt.controlplane.policy.Publication;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Explains a decision from its record and the texts of the version that made it. */
final class Explainer {
  /** Policies whose texts are looked up; nobody reads more. */
  private static final int MAX_TEXTS = 50;

  /** Codes that say no more than the verdict does. */
  private static final Set<String> BY_POLICY = Set.of("policy_denied", "approval_needed");

  /** Codes of what policies wanted approved, and nobody did. */
  private static final Set<String> NOT_APPROVED = Set.of("approval_denied", "approval_edited");

  private static final String PERMITTED_BY_NONE = "no policy permits it";

  private final Case given;
  private final AuditRecord record;
  private final Remarks remarks;
  private final Map<String, Optional<PolicySet>> compiled = new HashMap<>();
  private final Map<String, Told> told = new HashMap<>();
  private final List<String> unknown = new ArrayList<>();

  /**
   * What there is to explain from.
   *
   * @param record the merged record
   * @param publication that decided; null: none, or it is not known here
   * @param content of it; null: who asks may not read policies
   */
  record Case(JsonNode record, @Nullable Publication publication, @Nullable Content content) {}

  private Explainer(Case given) {
    this.given = given;
    this.record = Json.LENIENT.convertValue(given.record(), AuditRecord.class);
    this.remarks = Remarks.of(record.detail());
  }

  /** Takes its time: texts are compiled, to find policies in them. */
  static Explanation explain(Case given) {
    return new Explainer(given).explain();
  }

  /** The version that the record names; empty: no policy was asked. */
  static Optional<Long> version(JsonNode record) {
    String text = record.path("bundle_version").asText("");
    return text.matches("[0-9]{1,18}") ? Optional.of(Long.valueOf(text)) : Optional.empty();
  }

  private Explanation explain() {
    var publication = given.publication();
    var policies = record.policyIds().stream().map(this::told).toList();
    var shadow = remarks.shadow();
    var watched =
        shadow == null
            ? null
            : new Watched(shadow.verdict(), shadow.policyIds().stream().map(this::told).toList());
    sayWhatIsUnknown();
    return new Explanation(
        summary(policies),
        given.record(),
        publication == null
            ? null
            : new PublishedBundle(
                publication.version(),
                publication.digest(),
                publication.publishedAt(),
                publication.publishedBy()),
        policies,
        remarks.reasons(),
        remarks.risk(),
        remarks.workflows(),
        remarks.alerts(),
        watched,
        List.copyOf(unknown));
  }

  private void sayWhatIsUnknown() {
    if (version(given.record()).isPresent()) {
      if (given.publication() == null) {
        unknown.add("the policies of that version are not known here");
      } else if (given.content() == null) {
        unknown.add("the texts of the policies: they need policies:read");
      }
      unknown.add("what the agent had done before, and the arguments: they are not in the record");
    }
    if (!remarks.whole()) {
      unknown.add("the end of the remarks: the record holds no more of them");
    }
    if (record.policyIds().size() > MAX_TEXTS) {
      unknown.add("the texts of all but " + MAX_TEXTS + " policies");
    }
  }

  private String summary(List<Told> policies) {
    String verdict =
        switch (record.verdict()) {
          case PERMIT -> "Permitted";
          case DENY -> "Denied";
          case ESCALATE -> "Left to somebody to approve";
        };
    var version = version(given.record());
    if (version.isEmpty()) {
      return verdict + " without asking a policy" + because();
    }
    String in = "version " + version.get() + " of the policies";
    String names = policies.stream().map(Told::id).collect(Collectors.joining(", "));
    String by = policies.isEmpty() ? in : names + " in " + in;
    if (record.plane() == Plane.APPROVAL) {
      return "%s of %s, which %s asked for".formatted(record.operation(), record.approvalId(), by)
          + because();
    }
    if (NOT_APPROVED.contains(code())) {
      return "%s, since %s was not granted, which %s asked for".formatted(verdict, approval(), by)
          + because();
    }
    if (policies.isEmpty()) {
      boolean unpermitted =
          record.verdict() == Verdict.DENY
              && (reasons().isEmpty() || reasons().contains(PERMITTED_BY_NONE));
      return unpermitted
          ? verdict + ": nothing in " + in + " permits it."
          : verdict + " by " + in + because();
    }
    if (couldNotBeEvaluated()) {
      return verdict + ", since " + by + " could not be evaluated" + because();
    }
    return switch (record.verdict()) {
      case PERMIT ->
          verdict
              + " by "
              + by
              + (record.approvalId() == null ? "." : ", with " + approval() + ".");
      case ESCALATE ->
          verdict + " by " + by + (record.approvalId() == null ? "." : ": " + approval() + ".");
      case DENY ->
          isByPolicy(policies)
              ? verdict + " by " + by + (BY_POLICY.contains(code()) ? "." : because())
              : verdict + " although " + by + " permits it" + because();
    };
  }

  private String approval() {
    return record.approvalId() == null ? "the approval" : record.approvalId();
  }

  /** Whether policies denied it, and not what comes after them, such as a budget. */
  private boolean isByPolicy(List<Told> policies) {
    if (policies.stream().anyMatch(it -> "forbid".equals(it.effect()))) {
      return true;
    }
    // Where their texts are not known, the code tells.
    return policies.stream().anyMatch(it -> it.effect() == null)
        && (remarks.reasons().isEmpty() || BY_POLICY.contains(code()));
  }

  /** A policy that fails is named with the reason. */
  private boolean couldNotBeEvaluated() {
    return record.verdict() == Verdict.DENY
        && BY_POLICY.contains(code())
        && reasons().stream()
            .anyMatch(
                reason -> record.policyIds().stream().anyMatch(id -> reason.startsWith(id + ": ")));
  }

  /** The stable code that stands first; empty: there is none, or none that stands for itself. */
  private String code() {
    if (remarks.reasons().isEmpty()) {
      return "";
    }
    String first = remarks.reasons().getFirst();
    int end = first.indexOf(':');
    return end < 0 ? first : first.substring(0, end);
  }

  /** Without a code that says no more than the verdict does. */
  private List<String> reasons() {
    return BY_POLICY.contains(code())
        ? remarks.reasons().subList(1, remarks.reasons().size())
        : remarks.reasons();
  }

  private String because() {
    return reasons().isEmpty() ? "." : ": " + String.join("; ", reasons()) + ".";
  }

  private Told told(String id) {
    var known = told.get(id);
    if (known == null) {
      known = told.size() < MAX_TEXTS ? lookedUp(id) : new Told(id, null, null);
      told.put(id, known);
    }
    return known;
  }

  private Told lookedUp(String id) {
    var layer = ContentRules.layerOf(id);
    if (layer.isPresent()) {
      var content = given.content();
      return new Told(
          id,
          "forbid",
          content == null ? null : ContentRules.text(content.contentPolicies(), layer.get()));
    }
    var document = document(id.contains("#") ? id.substring(0, id.indexOf('#')) : id);
    if (document.isEmpty()) {
      return new Told(id, null, null);
    }
    return compiled
        .computeIfAbsent(document.get().name(), _ -> compile(document.get()))
        .flatMap(set -> set.excerpt(id))
        .map(it -> new Told(id, it.forbids() ? "forbid" : "permit", it.text()))
        .orElseGet(() -> new Told(id, null, document.get().cedar()));
  }

  private Optional<PolicyDocument> document(String name) {
    return given.content() == null
        ? Optional.empty()
        : given.content().documents().stream().filter(it -> it.name().equals(name)).findFirst();
  }

  /** Alone: what a document means does not depend on the others. */
  private static Optional<PolicySet> compile(PolicyDocument document) {
    return PolicySet.compile(List.of(document)) instanceof PolicySet set
        ? Optional.of(set)
        : Optional.empty();
  }
}
