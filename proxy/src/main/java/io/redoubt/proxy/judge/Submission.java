package io.redoubt.proxy.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.content.ContentRules;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.proxy.inspect.Finding;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.pekko.util.ByteString;

/**
 * What content policies let out to the model that judges. It is a model like any other: what may
 * not go to one, may not go to this one, and what is to be redacted on the way, is.
 */
final class Submission {
  private static final String WHAT = "case";

  private Submission() {}

  /**
   * What may go out.
   *
   * @param document JSON
   * @param findings each kind once
   */
  record Cleared(ByteString document, List<String> findings, Coverage coverage) {
    Cleared {
      findings = List.copyOf(findings);
    }
  }

  /** Fails with {@link NoAnswer} where it may not go out. */
  static Cleared cleared(
      ObjectNode document,
      ContentRules rules,
      AgentId agent,
      AgentSpec spec,
      String model,
      JudgeConfig config) {
    if (rules.against(agent, spec.labels(), model).isPresent()) {
      throw new NoAnswer("content policies do not allow that model");
    }
    byte[] body = JudgePrompt.canonical(document);
    if (body.length > config.maxRequestBytes()) {
      throw new NoAnswer("the call is too large for it");
    }
    var inspector = Inspector.of(rules.patterns());
    var result = JsonInspection.of(inspector, config.inspection(), WHAT, body);
    var policy = rules.of(agent, spec.labels());
    if (!result.gaps().isEmpty() && policy.enforces(Direction.REQUEST)) {
      throw new NoAnswer("not all of the call could be inspected");
    }
    var redact = new HashSet<String>();
    var acts = new ArrayList<Coverage.Act>();
    for (var code : result.codes()) {
      var part = policy.part(code, Direction.REQUEST);
      var by = part.origin();
      boolean redacted =
          part.action() == ContentAction.REDACT
              || policy.action(code, Direction.ARGUMENTS) == ContentAction.REDACT;
      if (part.action() == ContentAction.BLOCK || part.action() == ContentAction.REQUIRE_APPROVAL) {
        throw new NoAnswer("content policies do not let the call go to a model");
      }
      if (redacted) {
        redact.add(code);
        acts.add(
            new Coverage.Act(code, "redact", by == null ? "" : by.name().toLowerCase(Locale.ROOT)));
      }
    }
    return new Cleared(
        ByteString.fromArrayUnsafe(
            redact.isEmpty() ? body : redacted(inspector, config, body, redact)),
        result.codes(),
        new Coverage(
                inspector.categories().stream().map(it -> WHAT + ": " + it).toList(), result.gaps())
            .after(acts));
  }

  private static byte[] redacted(
      Inspector inspector, JudgeConfig config, byte[] body, Set<String> codes) {
    return JsonInspection.redacted(
            inspector, config.inspection(), body, (Finding each) -> codes.contains(each.code()))
        .orElseThrow(() -> new NoAnswer("what is to be redacted of the call cannot be"));
  }
}
