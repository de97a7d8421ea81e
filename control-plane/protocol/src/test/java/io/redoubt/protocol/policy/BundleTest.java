package io.redoubt.protocol.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ApproverGroup;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A bundle has one spelling, one digest, and signatures that are good for nothing else. */
class BundleTest {
  private static final SigningKey KEY = SigningKey.generate();
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00.123Z");
  private static final OrganizationId ORGANIZATION =
      OrganizationId.parse("org_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final PolicyDocument STARTER =
      new PolicyDocument("starter", "permit (principal, action, resource);\n");
  private static final PolicyDocument GUARD =
      new PolicyDocument("guard", "forbid (principal, action, resource);");
  private static final Bundle BUNDLE = new Bundle(ORGANIZATION, 7, NOW, List.of(STARTER, GUARD));

  @Test
  void itIsReadAsItWasSigned() {
    var signed = Bundle.parse(BUNDLE.sign(KEY)).orElseThrow();

    byte[] payload = signed.payloadIfSignedBy(KEY.publicHalf()).orElseThrow();

    assertThat(Bundle.read(payload)).contains(BUNDLE);
    assertThat(BundleDigest.of(payload)).isEqualTo(BUNDLE.digest());
  }

  /** Digests are kept and compared between versions of the software: this text never changes. */
  @Test
  void itsCanonicalFormIsForEver() {
    assertThat(new String(BUNDLE.canonical(), UTF_8))
        .isEqualTo(
            """
            {"organization":"org_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e","version":7,\
            "published_at":"2026-11-20T12:00:00.123Z","policies":[\
            {"name":"guard","cedar":"forbid (principal, action, resource);"},\
            {"name":"starter","cedar":"permit (principal, action, resource);\\n"}]}\
            """);
  }

  /** The same with canaries; a bundle without them is spelt as before there were any. */
  @Test
  void theCanonicalFormOfCanariesIsForEver() {
    var bundle = new Bundle(ORGANIZATION, 7, NOW, List.of(GUARD), List.of(canary("no-push")));

    assertThat(new String(bundle.canonical(), UTF_8))
        .isEqualTo(
            """
            {"organization":"org_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e","version":7,\
            "published_at":"2026-11-20T12:00:00.123Z","policies":[\
            {"name":"guard","cedar":"forbid (principal, action, resource);"}],\
            "canaries":[{"name":"no-push","verdict":"deny","agent":{\
            "id":"agt_00000000000070008000000000000000","name":"anybody","owner":null,\
            "labels":{"a":"1","b":"2"}},"action":"connector:write","resource":"git/push",\
            "within":null,"args":"{}","findings":["pii:email","secret:key"],"risk":10,\
            "time":"2026-11-20T12:00:00.123Z","source_ip":"10.0.0.1",\
            "estimate":{"tokens":1,"cents":2},\
            "approval":{"tier":1,"by":["ann","bob"],"at":"2026-11-20T12:00:00.123Z"}}]}\
            """);
    assertThat(Bundle.read(bundle.canonical())).contains(bundle);
    assertThat(bundle.digest())
        .isNotEqualTo(new Bundle(ORGANIZATION, 7, NOW, List.of(GUARD)).digest());
  }

  /** The same with content policies, which are spelt only where there are some. */
  @Test
  void theCanonicalFormOfContentPoliciesIsForEver() {
    var policy =
        new ContentPolicy(
            List.of(
                new ContentPolicy.Rule(
                    "pii",
                    List.of(Direction.REPLY, Direction.REQUEST),
                    ContentAction.REDACT,
                    true)),
            List.of(
                new CustomPattern.Expression("project", "P[0-9]", false),
                new CustomPattern.Words("names", List.of("ab"), true, true)),
            new ModelAccess(List.of("claude-*"), List.of()));
    var bundle =
        new Bundle(
            ORGANIZATION,
            7,
            NOW,
            List.of(),
            List.of(),
            List.of(
                new ContentDocument("team=a", ContentPolicy.EMPTY),
                new ContentDocument("organization", policy)),
            List.of());

    assertThat(new String(bundle.canonical(), UTF_8))
        .isEqualTo(
            """
            {"organization":"org_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e","version":7,\
            "published_at":"2026-11-20T12:00:00.123Z","policies":[],"content":[\
            {"scope":"organization","policy":{"rules":[{"subject":"pii",\
            "in":["request","reply"],"action":"redact","floor":true}],"patterns":[\
            {"kind":"regex","name":"project","regex":"P[0-9]","ignore_case":false},\
            {"kind":"words","name":"names","words":["ab"],"ignore_case":true,\
            "whole_words":true}],"models":{"allow":["claude-*"],"block":[]}}},\
            {"scope":"team=a","policy":{"rules":[],"patterns":[],\
            "models":{"allow":[],"block":[]}}}]}\
            """);
    assertThat(Bundle.read(bundle.canonical())).contains(bundle);
  }

  @Test
  void groupsComeLastInTheOrderOfTheirNames() {
    var bundle =
        new Bundle(
            ORGANIZATION,
            7,
            NOW,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(
                new ApproverGroup("sre", List.of("mbr_2", "mbr_1", "mbr_2")),
                new ApproverGroup("ops", List.of("cli_1"))));

    assertThat(new String(bundle.canonical(), UTF_8))
        .endsWith(
            "\"policies\":[],\"groups\":[{\"name\":\"ops\",\"members\":[\"cli_1\"]},"
                + "{\"name\":\"sre\",\"members\":[\"mbr_1\",\"mbr_2\"]}]}");
    assertThat(Bundle.read(bundle.canonical())).contains(bundle);
  }

  @Test
  void aModelsTierIsSpelledOutAndAPersonsAsItAlwaysWas() {
    var judge =
        ApprovalTier.judge(
            "anthropic",
            "claude",
            List.of(ApprovalView.Decision.DENY, ApprovalView.Decision.APPROVE),
            40,
            70,
            20,
            ApprovalTier.OnTimeout.NEXT);
    var workflow =
        new ApprovalWorkflow(
            "judged", List.of(judge, ApprovalWorkflow.usual("default").tiers().getFirst()), 1, 900);
    var bundle =
        new Bundle(ORGANIZATION, 7, NOW, List.of(), List.of(), List.of(), List.of(workflow));

    assertThat(new String(bundle.canonical(), UTF_8))
        .endsWith(
            "\"tiers\":[{\"kind\":\"llm_judge\",\"approvers\":[],\"quorum\":1,"
                + "\"timeout_seconds\":20,\"on_timeout\":\"next\",\"veto\":true,"
                + "\"exclude_owner\":false,\"provider\":\"anthropic\",\"model\":\"claude\","
                + "\"settles\":[\"approve\",\"deny\"],\"max_risk\":40,\"min_confidence\":70},"
                + "{\"kind\":\"human\",\"approvers\":[],\"quorum\":1,\"timeout_seconds\":900,"
                + "\"on_timeout\":\"deny\",\"veto\":true,\"exclude_owner\":false}],\"uses\":1,"
                + "\"window_seconds\":900}]}");
    assertThat(Bundle.read(bundle.canonical())).contains(bundle);
    assertThatIllegalArgumentException()
        .as("a model never decides in people's stead")
        .isThrownBy(() ->
            new ApprovalWorkflow(
                "alone",
                List.of(
                    ApprovalTier.judge(
                        "anthropic",
                        "claude",
                        List.of(ApprovalView.Decision.APPROVE),
                        40,
                        70,
                        20,
                        ApprovalTier.OnTimeout.DENY)),
                1,
                900));
  }

  @Test
  void workflowsComeAfterContentPoliciesInTheOrderOfTheirNames() {
    var bundle =
        new Bundle(
            ORGANIZATION,
            7,
            NOW,
            List.of(),
            List.of(),
            List.of(new ContentDocument("team=a", ContentPolicy.EMPTY)),
            List.of(ApprovalWorkflow.usual("ops"), ApprovalWorkflow.usual("default")));

    String tiers =
        "\"tiers\":[{\"kind\":\"human\",\"approvers\":[],\"quorum\":1,\"timeout_seconds\":900,"
            + "\"on_timeout\":\"deny\",\"veto\":true,\"exclude_owner\":false}],\"uses\":1,"
            + "\"window_seconds\":900}";
    assertThat(new String(bundle.canonical(), UTF_8))
        .endsWith(
            "\"policies\":[],\"content\":[{\"scope\":\"team=a\",\"policy\":{\"rules\":[],"
                + "\"patterns\":[],\"models\":{\"allow\":[],\"block\":[]}}}],\"workflows\":["
                + "{\"name\":\"default\","
                + tiers
                + ",{\"name\":\"ops\","
                + tiers
                + "]}");
    assertThat(Bundle.read(bundle.canonical())).contains(bundle);
  }

  @Test
  void aScopeIsTheOrganizationAnAgentOrALabel() {
    assertThat(ContentDocument.isScope("organization")).isTrue();
    assertThat(ContentDocument.isScope("platform")).isTrue();
    assertThat(ContentDocument.isScope(Canary.ANYBODY.toString())).isTrue();
    assertThat(ContentDocument.isScope("team=a=b")).isTrue();
    assertThat(ContentDocument.isScope("=a")).isFalse();
    assertThat(ContentDocument.isScope("nobody")).isFalse();
    assertThat(ContentDocument.isScope("agt_1")).isFalse();
    assertThat(ContentDocument.isScope("a=" + "b".repeat(62))).isFalse();
    var document = new ContentDocument("team=a=b", ContentPolicy.EMPTY);
    assertThat(document.concerns(Canary.ANYBODY, Map.of("team", "a=b"))).isTrue();
    assertThat(document.concerns(Canary.ANYBODY, Map.of("team", "a"))).isFalse();
  }

  private static Canary canary(String name) {
    var labels = new LinkedHashMap<String, String>();
    labels.put("b", "2");
    labels.put("a", "1");
    return new Canary(
        name,
        Verdict.DENY,
        new Canary.Agent(Canary.ANYBODY, "anybody", null, labels),
        "connector:write",
        "git/push",
        null,
        "{}",
        List.of("secret:key", "pii:email"),
        10,
        NOW.plusNanos(1),
        "10.0.0.1",
        new Canary.Estimate(1, 2L),
        new Canary.Approval(1, List.of("bob", "ann"), NOW));
  }

  @Test
  void whatACanaryDeclaresAndComesAfterIsSpeltOnlyWhereThereIsSomething() {
    var plain = canary("a");
    var declaring =
        new Canary(
            "b",
            plain.verdict(),
            plain.agent(),
            "llm:generate",
            "m",
            null,
            "",
            List.of(),
            0,
            NOW,
            "10.0.0.1",
            null,
            null,
            new Canary.Tools(List.of("b", "a"), List.of("web_search")),
            List.of(new Canary.Earlier("tool:call", "shell", Verdict.PERMIT, 60, 2)));
    var bundle = new Bundle(ORGANIZATION, 7, NOW, List.of(), List.of(declaring, plain));

    assertThat(new String(bundle.canonical(), UTF_8))
        .contains("\"at\":\"2026-11-20T12:00:00.123Z\"}},{\"name\":\"b\"")
        .endsWith(
            "\"approval\":null,\"tools\":{\"names\":[\"a\",\"b\"],\"provider\":[\"web_search\"]},"
                + "\"history\":[{\"action\":\"tool:call\",\"resource\":\"shell\","
                + "\"verdict\":\"permit\",\"seconds_ago\":60,\"times\":2}]}]}");
    assertThat(Bundle.read(bundle.canonical())).contains(bundle);
  }

  @Test
  void earlierActionsAreNoMoreThanAreRemembered() {
    for (int times : List.of(0, 101)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Canary.Earlier("tool:call", "x", Verdict.PERMIT, 0, times));
    }
    for (long ago : List.of(-1L, Canary.MAX_SECONDS_AGO + 1)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Canary.Earlier("tool:call", "x", Verdict.PERMIT, ago, 1));
    }
    var plain = canary("a");
    var most = new Canary.Earlier("tool:call", "x", Verdict.PERMIT, 0, Canary.MAX_HISTORY);
    var more = new Canary.Earlier("tool:call", "y", Verdict.DENY, 0, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new Canary(
                "b",
                plain.verdict(),
                plain.agent(),
                "tool:call",
                "x",
                null,
                "",
                List.of(),
                0,
                NOW,
                "10.0.0.1",
                null,
                null,
                null,
                List.of(most, more)));
  }

  @Test
  void canariesHaveNamesOfTheirOwnAndAreNotTooMany() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new Bundle(ORGANIZATION, 7, NOW, List.of(), List.of(canary("a"), canary("a"))));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new Bundle(
                ORGANIZATION,
                7,
                NOW,
                List.of(),
                IntStream.rangeClosed(0, Bundle.MAX_CANARIES)
                    .mapToObj(each -> canary("c" + each))
                    .toList()));
    assertThatIllegalArgumentException().isThrownBy(() -> canary("Not a name"));
  }

  @Test
  void theOrderInWhichPoliciesAreNamedChangesNothing() {
    assertThat(new Bundle(ORGANIZATION, 7, NOW, List.of(GUARD, STARTER)).digest())
        .isEqualTo(BUNDLE.digest());
  }

  @Test
  void anotherVersionIsAnotherDigest() {
    assertThat(new Bundle(ORGANIZATION, 8, NOW, List.of(GUARD, STARTER)).digest())
        .isNotEqualTo(BUNDLE.digest());
  }

  @Test
  void aSignatureOnACommandIsNoneOnABundle() {
    String command = Jws.sign(KEY, Jws.Type.LINK_COMMAND, BUNDLE.canonical());

    assertThat(Bundle.parse(command)).isEmpty();
    assertThat(Jws.parse(Jws.Type.LINK_COMMAND, BUNDLE.sign(KEY), 10_000)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        // a field of another version
        "{'organization':'ORG','version':1,'published_at':'2026-11-20T12:00:00Z','policies':[],"
            + "'floor':{}}",
        // no canaries are not spelt
        "{'organization':'ORG','version':1,'published_at':'2026-11-20T12:00:00Z','policies':[],"
            + "'canaries':[]}",
        "{'organization':'ORG','version':1,'published_at':'2026-11-20T12:00:00Z','policies':[],"
            + "'canaries':[{'name':'a'}]}",
        // another order
        "{'version':1,'organization':'ORG','published_at':'2026-11-20T12:00:00Z','policies':[]}",
        "{'organization':'ORG','version':0,'published_at':'2026-11-20T12:00:00Z','policies':[]}",
        "{'organization':'ORG','version':1,'published_at':'2026-11-20T12:00:00Z','policies':[null]}",
        "{'organization':'ORG','version':1,'published_at':'2026-11-20T12:00:00Z',"
            + "'policies':[{'name':'a','cedar':null}]}",
        "{'organization':'ORG','version':1,'published_at':'2026-11-20T12:00:00Z',"
            + "'policies':[{'name':'../a','cedar':''}]}",
        "{'organization':'ORG','version':1,'published_at':'2026-11-20T12:00:00Z',"
            + "'policies':[{'name':'a','cedar':''},{'name':'a','cedar':''}]}",
        "{'organization':'ORG','version':1,'version':2,'published_at':'2026-11-20T12:00:00Z',"
            + "'policies':[]}"
      })
  void whatIsNotABundleIsNotRead(String payload) {
    String json = payload.replace('\'', '"').replace("ORG", ORGANIZATION.toString());

    assertThat(Bundle.read(json.getBytes(UTF_8))).isEmpty();
  }

  private static List<PolicyDocument> documents(int count, String cedar) {
    return IntStream.range(0, count)
        .mapToObj(each -> new PolicyDocument("d" + each, cedar))
        .toList();
  }

  @Test
  void whatIsTooMuchIsNoBundle() {
    var large = documents(43, "x".repeat(PolicyDocument.MAX_LENGTH));
    var fits = new Bundle(ORGANIZATION, 1, NOW, large.subList(0, 41));
    var over = new Bundle(ORGANIZATION, 1, NOW, large);

    assertThat(Bundle.read(fits.canonical())).hasValue(fits);
    assertThat(Bundle.read(over.canonical())).isEmpty();
    assertThat(Bundle.parse(over.sign(KEY))).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Bundle(ORGANIZATION, 1, NOW, documents(Bundle.MAX_POLICIES + 1, "")))
        .withMessageContaining("at most 2000 policies");
  }

  @Test
  void anEmptyBundleIsABundle() {
    var empty = new Bundle(ORGANIZATION, 1, NOW, List.of());

    assertThat(Bundle.read(empty.canonical())).contains(empty);
  }

  @Test
  void aDocumentHasTextThatEverybodyCanTake() {
    assertThat(PolicyDocument.isText("// tabs\tand lines\r\n")).isTrue();
    assertThat(PolicyDocument.isText("\0")).isFalse();
    assertThat(PolicyDocument.isText("\ud800")).isFalse();
    assertThat(PolicyDocument.isText("x".repeat(PolicyDocument.MAX_LENGTH + 1))).isFalse();
    assertThat(PolicyDocument.isName("Starter")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sha256:", "sha256:abc", "md5:0", "SHA256:"})
  void whatIsNotADigestIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> BundleDigest.parse(text));
  }
}
