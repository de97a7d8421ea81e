package io.redoubt.protocol.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.SigningKey;
import java.time.Instant;
import java.util.List;
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
