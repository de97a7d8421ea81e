package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.CustomPattern;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A content policy as operators write it. What is left out, says nothing. */
record ContentBody(
    @Nullable List<@Nullable RuleIn> rules,
    @Nullable List<@Nullable PatternIn> patterns,
    @Nullable ModelsIn models) {
  private static final int MAX_PATTERN = 512;

  /**
   * A rule.
   *
   * @param in null: every direction in which the action is possible
   */
  record RuleIn(
      @Nullable String subject,
      @Nullable List<@Nullable Direction> in,
      @Nullable ContentAction action,
      @Nullable Boolean floor) {
    private ContentPolicy.Rule rule() {
      var wanted = Objects.requireNonNull(action);
      var everywhere =
          wanted == ContentAction.REDACT
              ? List.of(Direction.REQUEST, Direction.REPLY)
              : List.of(Direction.values());
      return new ContentPolicy.Rule(
          Objects.requireNonNull(subject),
          in == null ? everywhere : in.stream().map(Objects::requireNonNull).toList(),
          wanted,
          Boolean.TRUE.equals(floor));
    }
  }

  /** A pattern: a regular expression, or words. */
  record PatternIn(
      @Nullable String kind,
      @Nullable String name,
      @Nullable String regex,
      @Nullable List<@Nullable String> words,
      @Nullable Boolean ignoreCase,
      @Nullable Boolean wholeWords) {
    private CustomPattern pattern() {
      boolean eitherCase = Boolean.TRUE.equals(ignoreCase);
      String of = Objects.requireNonNull(name);
      return words == null
          ? new CustomPattern.Expression(of, Objects.requireNonNull(regex), eitherCase)
          : new CustomPattern.Words(
              of,
              words.stream().map(Objects::requireNonNull).toList(),
              eitherCase,
              !Boolean.FALSE.equals(wholeWords));
    }

    private void check(Checks checks, String at) {
      checks
          .require(name != null, at + "/name", "is needed")
          .require((regex == null) != (words == null), at, "has either a regex or words")
          .require(
              kind == null || kind.equals(words == null ? "regex" : "words"),
              at + "/kind",
              "is regex where there is one, and words where there are some")
          .require(
              regex == null || regex.length() <= MAX_PATTERN,
              at + "/regex",
              "has at most " + MAX_PATTERN + " characters")
          .require(
              words == null || words.stream().allMatch(Objects::nonNull),
              at + "/words",
              "are texts");
    }
  }

  /** Which models may be used. */
  record ModelsIn(@Nullable List<@Nullable String> allow, @Nullable List<@Nullable String> block) {
    private ModelAccess models() {
      return new ModelAccess(texts(allow), texts(block));
    }

    private static List<String> texts(@Nullable List<@Nullable String> checked) {
      return Optional.ofNullable(checked).orElse(List.of()).stream()
          .map(Objects::requireNonNull)
          .toList();
    }
  }

  /** As a policy, or 422 with all that is wrong with it by itself. */
  ContentPolicy checked() {
    var given = rules == null ? List.<@Nullable RuleIn>of() : rules;
    var looked = patterns == null ? List.<@Nullable PatternIn>of() : patterns;
    var checks =
        new Checks()
            .require(
                given.size() <= ContentPolicy.MAX_RULES,
                "/rules",
                "are at most " + ContentPolicy.MAX_RULES)
            .require(
                looked.size() <= ContentPolicy.MAX_PATTERNS,
                "/patterns",
                "are at most " + ContentPolicy.MAX_PATTERNS);
    checks.done();
    for (int i = 0; i < given.size(); i++) {
      check(checks, "/rules/" + i, given.get(i));
    }
    for (int i = 0; i < looked.size(); i++) {
      var pattern = looked.get(i);
      if (pattern == null) {
        checks.wrong("/patterns/" + i, "must not be null");
      } else {
        pattern.check(checks, "/patterns/" + i);
      }
    }
    if (models != null) {
      checks
          .list("/models/allow", models.allow(), ContentPolicy.MAX_MODELS, 256)
          .list("/models/block", models.block(), ContentPolicy.MAX_MODELS, 256);
    }
    checks.done();
    return new ContentPolicy(
        given.stream().map(it -> Objects.requireNonNull(it).rule()).toList(),
        looked.stream().map(it -> Objects.requireNonNull(it).pattern()).toList(),
        models == null ? ModelAccess.ANY : models.models());
  }

  private static void check(Checks checks, String at, @Nullable RuleIn rule) {
    if (rule == null) {
      checks.wrong(at, "must not be null");
      return;
    }
    String subject = rule.subject();
    checks
        .require(
            subject != null && subject.length() <= ContentPolicy.MAX_SUBJECT,
            at + "/subject",
            "is needed: a detector such as email, or a category such as pii")
        .require(
            rule.action() != null,
            at + "/action",
            "is needed: allow, alert, redact, require_approval or block")
        .require(
            rule.in() == null || rule.in().stream().allMatch(Objects::nonNull),
            at + "/in",
            "has directions: request, reply, arguments");
  }
}
