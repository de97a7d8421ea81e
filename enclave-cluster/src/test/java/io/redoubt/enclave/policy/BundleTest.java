package io.redoubt.enclave.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.BundleDigest;
import io.redoubt.protocol.policy.Canary;
import io.redoubt.protocol.policy.PolicyDocument;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an enclave runs of what it is told, and what it refuses. */
class BundleTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  private final EnclaveFixture fixture = EnclaveFixture.shared();
  private final OrganizationId organization = OrganizationId.next(CLOCK);

  @BeforeEach
  void introduce() {
    fixture.introduce(organization);
  }

  private static Bundle bundle(OrganizationId of, long version, PolicyDocument... documents) {
    return new Bundle(of, version, NOW, List.of(documents));
  }

  /** Version that the node says it decides by; 0: none. */
  private static long running(EnclaveFixture fixture, OrganizationId organization) {
    var answer =
        Http.get(
            fixture.enclave().managementUrl().resolve("/v1/cluster"),
            "Authorization",
            "Bearer " + fixture.operatorToken("enclaves:read"));
    for (JsonNode policy : answer.json().path("policies")) {
      if (policy.path("organization_id").asText().equals(organization.toString())) {
        return policy.path("version").asLong();
      }
    }
    return 0;
  }

  @Test
  void aPublishedBundleDecidesAndTheNodesThatRunItAreNamed() {
    fixture.controlPlane.publish(organization, 2, Starter.DOCUMENT);

    var report = fixture.controlPlane.awaitRunning(organization, 2);

    assertThat(report.nodes())
        .extracting(LinkReport.BundleRunning.NodeRun::node)
        .containsExactly("node-1");
    assertThat(report.missing()).isEmpty();
    assertThat(running(fixture, organization)).isEqualTo(2);
    assertThat(
            Http.get(fixture.enclave().managementUrl().resolve("/ready"))
                .json()
                .at("/detail/policies_current")
                .asBoolean())
        .isTrue();
  }

  @Test
  void anEmptyBundleIsRunLikeAnyOther() {
    fixture.controlPlane.publish(organization, 2);

    fixture.controlPlane.awaitRunning(organization, 2);

    assertThat(running(fixture, organization)).isEqualTo(2);
  }

  @Test
  void versionsMayBeLeftOut() {
    fixture.controlPlane.publish(organization, 7, Starter.DOCUMENT);

    fixture.controlPlane.awaitRunning(organization, 7);
  }

  @Test
  void aBundleThatNobodyTrustedHasSignedIsRefused() {
    var bundle = bundle(organization, 2, Starter.DOCUMENT);

    long number =
        fixture.controlPlane.offer(
            organization, 2, bundle.digest(), bundle.sign(SigningKey.generate()));

    assertThat(fixture.controlPlane.rejection(number)).contains("no signature that is trusted");
    assertThat(running(fixture, organization)).isEqualTo(1);
  }

  @Test
  void aSignatureOnSomethingElseIsNoneOnABundle() {
    var bundle = bundle(organization, 2, Starter.DOCUMENT);

    long number =
        fixture.controlPlane.offer(
            organization,
            2,
            bundle.digest(),
            Jws.sign(fixture.controlPlane.commandKey(), Jws.Type.LINK_COMMAND, bundle.canonical()));

    assertThat(fixture.controlPlane.rejection(number)).contains("no signature that is trusted");
    assertThat(running(fixture, organization)).isEqualTo(1);
  }

  @Test
  void aForeignOrganizationsBundleIsRefused() {
    var foreign = bundle(OrganizationId.next(CLOCK), 2, Starter.DOCUMENT);

    long number =
        fixture.controlPlane.offer(
            organization, 2, foreign.digest(), foreign.sign(fixture.controlPlane.commandKey()));

    assertThat(fixture.controlPlane.rejection(number)).contains("another organization's");
    assertThat(running(fixture, organization)).isEqualTo(1);
  }

  @Test
  void anOlderVersionIsRefused() {
    fixture.controlPlane.publish(organization, 5, Starter.DOCUMENT);
    fixture.controlPlane.awaitRunning(organization, 5);

    long older = fixture.controlPlane.publish(organization, 4, Starter.DOCUMENT);
    long same = fixture.controlPlane.publish(organization, 5);

    assertThat(fixture.controlPlane.rejection(older)).contains("not newer than version 5");
    assertThat(fixture.controlPlane.rejection(same)).contains("not newer than version 5");
    assertThat(running(fixture, organization)).isEqualTo(5);
  }

  @Test
  void aBundleThatIsNotTheOneThatWasNamedIsRefused() {
    var named = bundle(organization, 2, Starter.DOCUMENT);
    var another = bundle(organization, 2);
    var newer = bundle(organization, 3, Starter.DOCUMENT);
    var key = fixture.controlPlane.commandKey();

    long swapped = fixture.controlPlane.offer(organization, 2, named.digest(), another.sign(key));
    long misnamed = fixture.controlPlane.offer(organization, 2, newer.digest(), newer.sign(key));

    assertThat(fixture.controlPlane.rejection(swapped)).contains("not the one of that digest");
    assertThat(fixture.controlPlane.rejection(misnamed)).contains("of another version");
    assertThat(running(fixture, organization)).isEqualTo(1);
  }

  @Test
  void whatIsNoBundleIsRefused() {
    byte[] future =
        Json.write(Map.of("organization", organization.toString(), "version", 2, "floor", "x"));
    var key = fixture.controlPlane.commandKey();

    long number =
        fixture.controlPlane.offer(
            organization,
            2,
            BundleDigest.of(future),
            Jws.sign(key, Jws.Type.POLICY_BUNDLE, future));

    assertThat(fixture.controlPlane.rejection(number)).contains("does not know this kind");
    assertThat(running(fixture, organization)).isEqualTo(1);
  }

  @Test
  void policiesThatCannotBeRunAreRefused() {
    long number =
        fixture.controlPlane.publish(
            organization, 2, new PolicyDocument("broken", "permit (principal,\n actoin);"));

    assertThat(fixture.controlPlane.rejection(number))
        .contains("cannot be run here")
        .contains("broken");
    assertThat(running(fixture, organization)).isEqualTo(1);
  }

  /** Whatever the control plane made of it: the enclave tries for itself. */
  @Test
  void aBundleWhoseCanariesDoNotHoldIsRefused() {
    var canary =
        new Canary(
            "no-model",
            Verdict.DENY,
            new Canary.Agent(Canary.ANYBODY, "anybody", null, Map.of()),
            "llm:generate",
            "test-model",
            null,
            "",
            List.of(),
            0,
            NOW,
            "127.0.0.1",
            null,
            null);
    var guard =
        new PolicyDocument(
            "guard", "forbid (principal, action, resource == Model::\"test-model\");");
    var key = fixture.controlPlane.commandKey();
    var loose = new Bundle(organization, 2, NOW, List.of(Starter.DOCUMENT), List.of(canary));
    var tight = new Bundle(organization, 3, NOW, List.of(Starter.DOCUMENT, guard), List.of(canary));

    long number = fixture.controlPlane.offer(organization, 2, loose.digest(), loose.sign(key));

    assertThat(fixture.controlPlane.rejection(number))
        .contains("canary/no-model")
        .contains("should be deny, and is permit by starter");
    assertThat(running(fixture, organization)).isEqualTo(1);
    fixture.controlPlane.offer(organization, 3, tight.digest(), tight.sign(key));
    fixture.controlPlane.awaitRunning(organization, 3);
  }

  /** G5: whoever has never heard of any policy permits nothing, and says that it may pass. */
  @Test
  void withoutABundleNothingIsPermittedYet() {
    var young = OrganizationId.next(CLOCK);
    var agent = fixture.agent(young, List.of());
    var access = TestAgent.text(agent.bootstrap(), "access_token");

    Answer answer = agent.message(access);

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.header("retry-after")).isEqualTo("1");
    assertThat(answer.json().at("/error/message").asText()).contains("[policies_unknown]");
    assertThat(record(agent).detail()).isEqualTo("policies_unknown");
  }

  /** The one exception, for who has chosen so (G5): and the record says that it was used. */
  @Test
  void whoHasChosenToFailOpenIsPermittedWithoutABundleAndIsDecidedAboutWithOne() {
    var bold = OrganizationId.next(CLOCK);
    fixture.controlPlane.say(
        bold,
        new LinkCommand.PutOrganization(
            new OrganizationSpec(
                "Bold",
                OrganizationSpec.Payloads.METADATA,
                30,
                OrganizationSpec.OfflineMode.FREEZE,
                true,
                Budget.NONE,
                1)));
    fixture.provide(bold);
    var agent = fixture.agent(bold, List.of());
    var access = TestAgent.text(agent.bootstrap(), "access_token");

    assertThat(agent.message(access).status()).isEqualTo(200);
    var record =
        fixture.controlPlane.awaitAudit(
            bold, it -> agent.id.equals(it.agentId()) && it.policyIds().contains("fail-open"));
    assertThat(record.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(record.bundleVersion()).isEqualTo("0");
    assertThat(record.detail()).contains("the organization fails open");
    // An answer may be half a second old, and somebody may have asked just before.
    await()
        .untilAsserted(() ->
            assertThat(
                    Http.get(fixture.enclave().managementUrl().resolve("/ready"))
                        .json()
                        .at("/detail/organizations_failing_open")
                        .asInt())
                .isPositive());

    fixture.controlPlane.publish(bold, 1);
    fixture.controlPlane.awaitRunning(bold, 1);
    assertThat(agent.message(access).status()).as("an empty bundle denies").isEqualTo(403);
  }

  @Test
  void theVeryNextCallIsDecidedByTheNewBundle() {
    var agent = fixture.agent(organization, List.of());
    var access = TestAgent.text(agent.bootstrap(), "access_token");
    assertThat(agent.message(access).status()).isEqualTo(200);

    fixture.controlPlane.publish(
        organization,
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "guard", "forbid (principal, action, resource == Model::\"test-model\");"));
    fixture.controlPlane.awaitRunning(organization, 2);
    Answer denied = agent.message(access);
    fixture.controlPlane.publish(organization, 3, Starter.DOCUMENT);
    fixture.controlPlane.awaitRunning(organization, 3);

    assertThat(denied.status()).isEqualTo(403);
    assertThat(denied.header("x-redoubt-decision")).isEqualTo("deny");
    assertThat(denied.json().at("/error/message").asText()).contains("(guard) [policy_denied]");
    var record = record(agent);
    assertThat(record.policyIds()).containsExactly("guard");
    assertThat(record.bundleVersion()).isEqualTo("2");
    assertThat(agent.message(access).status()).isEqualTo(200);
  }

  /** The denial of the agent's. */
  private AuditRecord record(TestAgent agent) {
    return fixture.controlPlane.awaitAudit(
        agent.organization, it -> agent.id.equals(it.agentId()) && it.verdict() == Verdict.DENY);
  }

  /** G8: what was verified once decides on, whoever is away. */
  @Test
  void theLastGoodBundleDecidesAfterARestartWithTheControlPlaneAway() {
    try (var own = new EnclaveFixture(Map.of())) {
      own.controlPlane.publish(own.organization, 3, Starter.DOCUMENT);
      own.controlPlane.awaitRunning(own.organization, 3);
      own.stop();
      own.controlPlane.stop();

      own.start();

      assertThat(running(own, own.organization)).isEqualTo(3);
    }
  }
}
