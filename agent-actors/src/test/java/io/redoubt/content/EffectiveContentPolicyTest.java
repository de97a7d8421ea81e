package io.redoubt.content;

import static io.redoubt.protocol.policy.ContentAction.ALERT;
import static io.redoubt.protocol.policy.ContentAction.ALLOW;
import static io.redoubt.protocol.policy.ContentAction.BLOCK;
import static io.redoubt.protocol.policy.ContentAction.REDACT;
import static io.redoubt.protocol.policy.ContentAction.REQUIRE_APPROVAL;
import static io.redoubt.protocol.policy.ContentPolicy.Direction.REPLY;
import static io.redoubt.protocol.policy.ContentPolicy.Direction.REQUEST;
import static io.redoubt.protocol.policy.ContentPolicy.Layer.AGENT;
import static io.redoubt.protocol.policy.ContentPolicy.Layer.ORGANIZATION;
import static io.redoubt.protocol.policy.ContentPolicy.Layer.PLATFORM;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.content.EffectiveContentPolicy.Part;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.ContentPolicy.Layer;
import io.redoubt.protocol.policy.ContentPolicy.Rule;
import io.redoubt.protocol.policy.CustomPattern;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EffectiveContentPolicyTest {
  private static final Set<Direction> BOTH = Set.of(REQUEST, REPLY);

  private static ContentPolicy policy(Rule... rules) {
    return new ContentPolicy(List.of(rules), List.of());
  }

  private static Rule rule(String subject, ContentAction action) {
    return new Rule(subject, BOTH, action, false);
  }

  private static Rule floor(String subject, ContentAction action) {
    return new Rule(subject, BOTH, action, true);
  }

  private static Part part(Map<Layer, ContentPolicy> layers, String detector, Direction direction) {
    return EffectiveContentPolicy.of(layers).parts().stream()
        .filter(each -> each.detector().equals(detector) && each.direction() == direction)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatNobodySpeaksOfIsAllowedAndSaysSo() {
    assertThat(EffectiveContentPolicy.of(Map.of()).parts())
        .hasSize(3 * Detector.values().length)
        .allSatisfy(part -> {
          assertThat(part.action()).isEqualTo(ALLOW);
          assertThat(part.origin()).isNull();
        });
  }

  @Test
  void theLowestLayerThatSpeaksHasItsWay() {
    var layers =
        Map.of(
            PLATFORM, policy(rule("secret", BLOCK)),
            ORGANIZATION, policy(rule("secret", REDACT)),
            AGENT, policy(rule("pii", ALERT)));

    assertThat(part(layers, "jwt", REQUEST))
        .isEqualTo(new Part("jwt", REQUEST, REDACT, ORGANIZATION, null));
    assertThat(part(layers, "email", REPLY))
        .isEqualTo(new Part("email", REPLY, ALERT, AGENT, null));
    assertThat(EffectiveContentPolicy.problems(layers)).isEmpty();
  }

  @Test
  void aFloorSetAboveCannotBeLoosenedBelow() {
    var layers =
        Map.of(
            PLATFORM, policy(floor("secret", REDACT)),
            ORGANIZATION, policy(rule("jwt", ALLOW), rule("private-key", BLOCK)),
            AGENT, policy(rule("secret", ALERT)));

    assertThat(part(layers, "jwt", REQUEST))
        .isEqualTo(new Part("jwt", REQUEST, REDACT, PLATFORM, AGENT));
    assertThat(part(layers, "private-key", REQUEST))
        .isEqualTo(new Part("private-key", REQUEST, REDACT, PLATFORM, AGENT));
    assertThat(EffectiveContentPolicy.problems(layers))
        .extracting(each -> each.layer() + each.pointer())
        .containsExactly("ORGANIZATION/rules/0/action", "AGENT/rules/0/action");
  }

  @Test
  void whatIsStricterThanAFloorIsWelcome() {
    var layers =
        Map.of(
            PLATFORM, policy(floor("pii", ALERT)),
            AGENT, policy(rule("email", REQUIRE_APPROVAL)));

    assertThat(part(layers, "email", REPLY))
        .isEqualTo(new Part("email", REPLY, REQUIRE_APPROVAL, AGENT, null));
    assertThat(part(layers, "iban", REPLY))
        .isEqualTo(new Part("iban", REPLY, ALERT, PLATFORM, null));
    assertThat(EffectiveContentPolicy.problems(layers)).isEmpty();
  }

  @Test
  void aDetectorGoesBeforeItsCategoryAndDirectionsAreTheirOwn() {
    var layers =
        Map.of(
            ORGANIZATION,
            policy(
                rule("pii", REDACT),
                new Rule("email", Set.of(REQUEST), ALLOW, false),
                new Rule("phone", Set.of(REPLY), BLOCK, false)));

    assertThat(part(layers, "email", REQUEST).action()).isEqualTo(ALLOW);
    assertThat(part(layers, "email", REPLY).action()).isEqualTo(REDACT);
    assertThat(part(layers, "phone", REPLY).action()).isEqualTo(BLOCK);
  }

  @Test
  void customPatternsAreACategoryOfTheirOwn() {
    var patterns =
        List.<CustomPattern>of(new CustomPattern.Expression("project", "PRJ-\\d+", false));
    var layers =
        Map.of(
            PLATFORM,
            policy(floor("custom", ALERT)),
            ORGANIZATION,
            new ContentPolicy(List.of(rule("project", BLOCK)), patterns));

    var effective = EffectiveContentPolicy.of(layers);

    assertThat(effective.patterns()).isEqualTo(patterns);
    assertThat(part(layers, "project", REQUEST).action()).isEqualTo(BLOCK);
    assertThat(EffectiveContentPolicy.problems(layers)).isEmpty();
  }

  @Test
  void whatMayNotBePublishedIsToldWithItsPlace() {
    var patterns = List.<CustomPattern>of(new CustomPattern.Expression("project", "P", false));
    var layers =
        Map.of(
            PLATFORM, new ContentPolicy(List.of(), patterns),
            ORGANIZATION,
                new ContentPolicy(
                    List.of(
                        rule("nothing-known", ALERT),
                        rule("email", ALERT),
                        rule("email", BLOCK),
                        new Rule("iban", Set.of(), ALERT, false)),
                    patterns));

    assertThat(EffectiveContentPolicy.problems(layers))
        .extracting(EffectiveContentPolicy.Problem::pointer)
        .containsExactly("/patterns/0/name", "/rules/0/subject", "/rules/2", "/rules/3/in");
  }

  @Test
  void whateverLayersSayNothingFallsBelowAFloor() {
    var random = new Random(3);
    String[] subjects = {"pii", "email", "iban", "secret", "jwt"};
    for (int round = 0; round < 500; round++) {
      var layers = new EnumMap<Layer, ContentPolicy>(Layer.class);
      for (Layer layer : Layer.values()) {
        var rules = new ArrayList<Rule>();
        for (String subject : subjects) {
          if (random.nextBoolean()) {
            var action = List.of(ContentAction.values()).get(random.nextInt(5));
            rules.add(new Rule(subject, BOTH, action, random.nextInt(3) == 0));
          }
        }
        layers.put(layer, new ContentPolicy(rules, List.of()));
      }
      for (ContentPolicy layer : layers.values()) {
        for (Rule floor : layer.rules()) {
          if (floor.floor()) {
            assertThat(EffectiveContentPolicy.of(layers).parts())
                .filteredOn(part -> BOTH.contains(part.direction()))
                .filteredOn(part -> isAbout(floor.subject(), part.detector()))
                .allSatisfy(
                    part -> assertThat(part.action()).isGreaterThanOrEqualTo(floor.action()));
          }
        }
      }
    }
  }

  private static boolean isAbout(String subject, String detector) {
    return subject.equals(detector)
        || Detector.valueOf(detector.toUpperCase(Locale.ROOT).replace('-', '_'))
            .category()
            .code()
            .equals(subject);
  }

  @Test
  void aDetectorThatIsNotKnownHereCountsAsItsCategory() {
    var effective =
        EffectiveContentPolicy.of(
            Map.of(ORGANIZATION, policy(rule("pii", REDACT), rule("custom", BLOCK))));

    assertThat(effective.action("pii:email", REQUEST)).isEqualTo(REDACT);
    assertThat(effective.action("pii:of-tomorrow", REQUEST)).isEqualTo(REDACT);
    assertThat(effective.action("custom:gone", REPLY)).isEqualTo(BLOCK);
    assertThat(effective.action("secret:jwt", REPLY)).isEqualTo(ALLOW);
  }

  @Test
  void whatIsChangedHeldUpOrRefusedIsKnownByDirection() {
    var effective =
        EffectiveContentPolicy.of(
            Map.of(
                ORGANIZATION,
                policy(new Rule("pii", Set.of(REPLY), ALERT, false)),
                AGENT,
                policy(new Rule("jwt", Set.of(REQUEST), REDACT, false))));

    assertThat(effective.enforces(REQUEST)).isTrue();
    assertThat(effective.enforces(REPLY)).isFalse();
  }

  @Test
  void aPolicyIsWrittenAndReadStrictly() throws Exception {
    String json =
        """
        {"rules":[{"subject":"email","in":["reply"],"action":"require_approval","floor":true}],
         "patterns":[{"kind":"regex","name":"project","regex":"PRJ","ignore_case":true},
                     {"kind":"words","name":"names","words":["ab"],"ignore_case":true,"whole_words":false}],
         "models":{"allow":["claude-*"],"block":[]}}
        """;

    var read = Json.STRICT.readValue(json, ContentPolicy.class);

    assertThat(read.rules())
        .containsExactly(new Rule("email", Set.of(REPLY), REQUIRE_APPROVAL, true));
    assertThat(Json.STRICT.readValue(Json.write(read), ContentPolicy.class)).isEqualTo(read);
  }
}
