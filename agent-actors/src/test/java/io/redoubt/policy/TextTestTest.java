package io.redoubt.policy;

import static io.redoubt.policy.PolicySamples.call;
import static io.redoubt.policy.PolicySamples.set;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TextTestTest {
  private static final int PATTERNS = 80;
  private static final int TEXTS = 40;

  /** What patterns and texts are made of; few, so that they often agree. */
  private static final List<String> PIECES =
      List.of("a", "b", "ab", "*", "*", "\u00e9", "\ud83d\ude00", "\n");

  private final Random random = new Random(20261122);

  private String text(int most) {
    var text = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      text.append(PIECES.get(random.nextInt(PIECES.size())));
    }
    return text.toString();
  }

  private static String quoted(String text) {
    return '"' + text.replace("\n", "\\n") + '"';
  }

  /** As it comes in a call. */
  private static String args(String text) {
    ObjectNode args = Json.LENIENT.createObjectNode();
    return args.put("t", text).toString();
  }

  private static Set<TextTest> tests(String condition) {
    var told = consulted(condition).told();
    assertThat(told).containsOnlyKeys("t");
    return told.values().iterator().next();
  }

  private static Consulted consulted(String condition) {
    var text = "permit (principal, action, resource) when { " + condition + " };";
    try {
      var json = Cedar.parse(new Statement(new PolicyDocument("p", text), 0, text, 0, 0));
      return Conditions.read(json.path("conditions")).consulted();
    } catch (Cedar.Rejected e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Compared with itself, an argument is more than can be told, so that Cedar is asked each time.
   */
  private static Verdict cedar(PolicySet set, String text) {
    return set.decide(call(args(text))).verdict();
  }

  @Test
  void itHoldsWhereCedarSaysSo() {
    int held = 0;
    for (int i = 0; i < PATTERNS; i++) {
      var pattern = text(6);
      // A star in a text is itself now and then.
      var escaped = random.nextInt(3) == 0 ? pattern.replaceFirst("\\*", "\\\\*") : pattern;
      for (var test :
          List.of(
              "context.args.t like " + quoted(escaped), "context.args.t == " + quoted(pattern))) {
        var found = tests("context.args has t && " + test);
        var set =
            set(
                "permit (principal, action, resource) when { context.args has t && "
                    + "context.args.t == context.args.t && "
                    + test
                    + " };");
        assertThat(set.policies().getFirst().consulted().repeats()).isFalse();
        assertThat(found).hasSize(1);
        for (int j = 0; j < TEXTS; j++) {
          var text = random.nextInt(8) == 0 ? pattern : text(8);
          boolean holds = found.iterator().next().holds(text);
          assertThat(holds)
              .as("%s of %s", test, text)
              .isEqualTo(cedar(set, text) == Verdict.PERMIT);
          held += holds ? 1 : 0;
        }
      }
    }
    assertThat(held).isGreaterThan(500);
  }

  @Test
  void onlyWhatIsAskedInSuchTestsAloneIsTold() {
    assertThat(tests("context.args has t")).isEmpty();
    assertThat(tests("\"x\" != context.args.t || !(context.args.t like \"a*\")")).hasSize(2);
    for (var other :
        List.of(
            "context.args.t > 3",
            "context.args.t == context.args.u",
            "context.args.t.u == \"x\"",
            "context.args.t == \"x\" && [\"x\"].contains(context.args.t)",
            "context.args has t && context.args.t has u",
            "context.args.t == 3",
            "(if context.risk > 3 then context.args.t else \"x\") like \"x*\"")) {
      assertThat(consulted(other).told()).as(other).doesNotContainKey("t");
      assertThat(consulted(other).args()).as(other).contains("t");
      assertThat(consulted(other).repeats()).as(other).isFalse();
    }
  }

  @Test
  void whatTwoPoliciesAskIsToldIfBothAreTold() {
    var one = consulted("context.args.t == \"x\" && context.args.u == \"x\"");
    var other = consulted("context.args.t == \"y\"");
    var opaque = consulted("context.args.t > 3");

    assertThat(one.and(other).told()).containsOnlyKeys("t", "u");
    assertThat(one.and(other).told().get("t")).hasSize(2);
    assertThat(one.and(opaque).told()).containsOnlyKeys("u");
    assertThat(opaque.and(one).told()).containsOnlyKeys("u");
  }

  /** The same outcome of every test, and yet not the same to Cedar. */
  @Test
  void anAnswerIsRememberedForTextsAlone() {
    var set =
        set(
            "permit (principal, action, resource);",
            "forbid (principal, action, resource)"
                + " when { context.args has t && context.args.t like \"/etc/*\" };");

    for (int i = 0; i < 2; i++) {
      assertThat(set.decide(call("{\"t\":\"/home/a\"}")).verdict()).isEqualTo(Verdict.PERMIT);
      assertThat(set.decide(call("{}")).verdict()).isEqualTo(Verdict.PERMIT);
      assertThat(set.decide(call("{\"t\":\"/etc/a\"}")).verdict()).isEqualTo(Verdict.DENY);
      for (var other : List.of("7", "[\"/home/a\"]", "{\"a\":1}", "true")) {
        var decision = set.decide(call("{\"t\":" + other + "}"));
        assertThat(decision.verdict()).as(other).isEqualTo(Verdict.DENY);
        assertThat(decision.errors()).as(other).isNotEmpty();
      }
    }
  }

  /** What Cedar makes of half a character is for Cedar to say. */
  @Test
  void halfACharacterIsNoText() {
    for (var half : List.of("\ud83d", "a\ud83db", "\ude00\ud83d", "\ude00")) {
      assertThat(TextTest.isText(TextNode.valueOf(half))).isFalse();
    }
    assertThat(TextTest.isText(TextNode.valueOf("a\ud83d\ude00"))).isTrue();
    assertThat(TextTest.isText(TextNode.valueOf("x".repeat(ArgumentType.MAX_SIZE + 1)))).isFalse();
  }

  /** A policy that asks only whether it is there, and another that takes it for a text. */
  @Test
  void whatOthersTakeForATextIsNoneToo() {
    var set =
        set(
            "permit (principal, action, resource);",
            "forbid (principal, action, resource) when { context.args has t && context.risk > 90 };",
            "forbid (principal, action, resource == Tool::\"other\")"
                + " when { context.args has t && context.args.t == \"x\" };");

    assertThat(set.decide(call("{\"t\":\"a\"}")).verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(set.decide(call("{\"t\":7}")).verdict()).isEqualTo(Verdict.DENY);
    assertThat(set.decide(call("{\"t\":\"b\"}")).verdict()).isEqualTo(Verdict.PERMIT);
  }
}
