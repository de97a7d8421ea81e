package io.redoubt.persistence.enclave;

import static io.redoubt.persistence.enclave.EnclaveNode.ACME;
import static io.redoubt.persistence.enclave.EnclaveNode.CLOCK;
import static io.redoubt.persistence.enclave.EnclaveNode.GLOBEX;
import static io.redoubt.persistence.enclave.EnclaveNode.NOW;
import static io.redoubt.persistence.enclave.EnclaveNode.agent;
import static io.redoubt.persistence.enclave.EnclaveNode.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.JudgeAllowance;
import io.redoubt.link.Contact;
import io.redoubt.link.LinkProgress;
import io.redoubt.link.LinkState;
import io.redoubt.payload.PayloadStore.Kept;
import io.redoubt.payload.PayloadStore.Part;
import io.redoubt.payload.PayloadStore.Payload;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.persistence.sealing.SealBrokenException;
import io.redoubt.policy.BundleStore;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.revocation.Revocation;
import io.redoubt.singleton.Singleton;
import java.net.URI;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import org.apache.pekko.util.ByteString;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What each port promises, on PostgreSQL, as seen from this node, another one and the next start.
 */
class PortsTest {
  private static final Secret KEY = Secret.of("sk-very-secret");

  private TemporaryDatabase database;
  private EnclaveNode node;
  private EnclaveNode other;

  @BeforeEach
  void start() {
    database = TemporaryDatabase.create();
    node = EnclaveNode.start(database, "node-1");
    other = EnclaveNode.start(database, "node-2");
  }

  @AfterEach
  void stop() {
    node.close();
    other.close();
    database.close();
  }

  @Test
  void aProviderIsServedHereAtOnceAndElsewhereAfterARefresh() {
    await(node.store.providers().put(ACME, provider("main", 1), KEY));
    await(other.store.refresh());

    for (var each : List.of(node, other)) {
      assertThat(each.store.providers().of(ACME)).containsExactly(provider("main", 1));
      assertThat(each.store.providers().key(ACME, provider("main", 1))).contains(KEY);
      assertThat(each.store.providers().of(GLOBEX)).isEmpty();
      assertThat(each.store.providers().key(GLOBEX, provider("main", 1))).isEmpty();
    }
  }

  @Test
  void anotherNodesChangeArrivesByItself() {
    await(node.store.providers().put(ACME, provider("main", 1), KEY));

    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> !other.store.providers().of(ACME).isEmpty());
  }

  @Test
  void anOldCommandNeitherReplacesNorRevivesAProvider() {
    await(node.store.providers().put(ACME, provider("main", 2), KEY));
    await(node.store.providers().put(ACME, provider("main", 1), Secret.of("older")));
    assertThat(node.store.providers().key(ACME, provider("main", 2))).contains(KEY);

    await(node.store.providers().delete(ACME, "main", 3));
    await(node.store.providers().put(ACME, provider("main", 2), KEY));
    assertThat(node.store.providers().of(ACME)).isEmpty();

    await(node.store.providers().put(ACME, provider("main", 4), KEY));
    assertThat(node.store.providers().of(ACME)).hasSize(1);
  }

  @Test
  void aProvidersKeyIsNowhereInTheDatabase() {
    await(node.store.providers().put(ACME, provider("main", 1), KEY));

    String found =
        node.database.inOrganizationBlocking(
            ACME,
            handle ->
                handle
                    .createQuery(
                        "SELECT encode(sealed_key, 'escape') || document FROM enclave.provider")
                    .mapTo(String.class)
                    .one());
    assertThat(found).doesNotContain("very-secret");
  }

  @Test
  void aKeyMovedToAnotherProvidersRowDoesNotOpen() {
    await(node.store.providers().put(ACME, provider("one", 1), KEY));
    await(node.store.providers().put(ACME, provider("two", 1), Secret.of("other")));
    node.database.inOrganizationBlocking(
        ACME,
        handle ->
            handle.execute(
                "UPDATE enclave.provider SET sealed_key ="
                    + " (SELECT sealed_key FROM enclave.provider WHERE name = 'one')"));
    await(node.store.refresh());

    assertThat(node.store.providers().key(ACME, provider("one", 1))).contains(KEY);
    assertThatThrownBy(() -> node.store.providers().key(ACME, provider("two", 1)))
        .isInstanceOf(SealBrokenException.class);
  }

  @Test
  void aConnectorIsServedWithItsSecretAndOnlyToItsOrganization() {
    await(node.store.connectors().put(ACME, connector("tickets", 1, BEARER), KEY));
    await(node.store.connectors().put(ACME, connector("open", 1, null), null));
    await(other.store.refresh());

    for (var each : List.of(node.store.connectors(), other.store.connectors())) {
      assertThat(each.find(ACME, "tickets")).contains(connector("tickets", 1, BEARER));
      assertThat(each.secret(ACME, connector("tickets", 1, BEARER))).contains(KEY);
      assertThat(each.find(ACME, "open")).contains(connector("open", 1, null));
      assertThat(each.secret(ACME, connector("open", 1, null))).isEmpty();
      assertThat(each.find(GLOBEX, "tickets")).isEmpty();
      assertThat(each.secret(GLOBEX, connector("tickets", 1, BEARER))).isEmpty();
    }
  }

  @Test
  void aLaterSecretIsNotShownToWhoeverAnEarlierVersionNames() {
    var provider = provider("main", 1);
    var connector = connector("tickets", 1, BEARER);
    await(node.store.providers().put(ACME, provider, KEY));
    await(node.store.connectors().put(ACME, connector, KEY));

    await(node.store.providers().put(ACME, provider("main", 2), Secret.of("another")));
    await(node.store.connectors().put(ACME, connector("tickets", 2, BEARER), Secret.of("other")));

    assertThat(node.store.providers().key(ACME, provider)).isEmpty();
    assertThat(node.store.connectors().secret(ACME, connector)).isEmpty();
  }

  @Test
  void anOldCommandNeitherReplacesNorRevivesAConnector() {
    await(node.store.connectors().put(ACME, connector("tickets", 2, BEARER), KEY));
    await(node.store.connectors().put(ACME, connector("tickets", 1, null), null));
    assertThat(node.store.connectors().secret(ACME, connector("tickets", 2, BEARER))).contains(KEY);

    await(node.store.connectors().delete(ACME, "tickets", 3));
    await(node.store.connectors().put(ACME, connector("tickets", 2, BEARER), KEY));

    assertThat(node.store.connectors().find(ACME, "tickets")).isEmpty();
    assertThat(node.store.connectors().secret(ACME, connector("tickets", 2, BEARER))).isEmpty();
  }

  private static final ConnectorSpec.Credential BEARER =
      new ConnectorSpec.Credential("authorization", "Bearer");

  private static ConnectorSpec connector(
      String name, long version, ConnectorSpec.@Nullable Credential credential) {
    return new ConnectorSpec(
        name,
        URI.create("https://tickets.example"),
        credential,
        List.of(
            new ConnectorSpec.Operation(
                "issue.create", ConnectorSpec.Method.POST, "/issues", ConnectorSpec.Access.WRITE)),
        30,
        version,
        null,
        null);
  }

  @Test
  void modelsJudgeAsMuchAsTheyMayInADayOnAllNodesTogether() {
    var day = LocalDate.of(2026, 11, 20);
    var limits = new JudgeAllowance.Limits(3, 1_000);
    var one = node.store.judgeAllowance();
    var another = other.store.judgeAllowance();

    assertThat(await(one.take(ACME, day, 600, limits))).isTrue();
    assertThat(await(another.take(ACME, day, 600, limits))).as("too many tokens").isFalse();
    assertThat(await(another.take(ACME, day, 400, limits))).isTrue();
    await(one.giveBack(ACME, day, 500));
    await(one.giveBack(ACME, day, -500));
    assertThat(await(another.take(ACME, day, 500, limits))).isTrue();
    await(one.giveBack(ACME, day, 10_000));
    assertThat(await(one.take(ACME, day, 1, limits))).as("too many calls").isFalse();
    assertThat(await(one.take(GLOBEX, day, 1_000, limits))).as("of each its own").isTrue();
    assertThat(await(one.take(ACME, day.plusDays(1), 1_000, limits))).isTrue();
    assertThat(await(one.take(ACME, day.plusDays(2), 1_001, limits))).isFalse();
    assertThat(await(one.take(ACME, day.plusDays(2), 1, new JudgeAllowance.Limits(0, 5))))
        .isFalse();
  }

  @Test
  void aFenceIsSeenWhereItStandsAndByNobodyElse() {
    var agent = agent(ACME);
    assertThat(await(node.store.fences().standing(agent))).isEmpty();

    await(node.store.fences().raise(agent, 4));

    assertThat(await(other.store.fences().standing(agent))).hasValue(4);
    assertThat(await(other.store.fences().standing(new AgentKey(GLOBEX, agent.agent())))).isEmpty();
  }

  @Test
  void theNewestBundleIsKeptOfEachOrganization() {
    assertThat(await(node.store.bundles().find(ACME))).isEmpty();

    assertThat(await(node.store.bundles().keep(bundle(ACME, 2)))).isTrue();
    assertThat(await(node.store.bundles().keep(bundle(ACME, 1)))).isFalse();
    assertThat(await(node.store.bundles().keep(bundle(ACME, 2)))).isFalse();
    assertThat(await(node.store.bundles().keep(bundle(GLOBEX, 1)))).isTrue();

    assertThat(await(other.store.bundles().find(ACME))).contains(bundle(ACME, 2));
    assertThat(await(other.store.bundles().find(GLOBEX))).contains(bundle(GLOBEX, 1));
    assertThat(await(other.store.bundles().headings()))
        .containsExactlyInAnyOrder(
            new BundleStore.Heading(ACME, 2, bundle(ACME, 2).digest()),
            new BundleStore.Heading(GLOBEX, 1, bundle(GLOBEX, 1).digest()));
  }

  @Test
  void aBundleThatWasTamperedWithInTheDatabaseIsNotRead() {
    await(node.store.bundles().keep(bundle(ACME, 1)));
    byte[] another = bundle(ACME, 3).canonical();
    node.database.inOrganizationBlocking(
        ACME, handle -> handle.execute("UPDATE enclave.policy_bundle SET payload = ?", another));

    assertThatThrownBy(() -> await(node.store.bundles().find(ACME)))
        .hasMessageContaining("damaged");
  }

  @Test
  void theNewerSpecificationOfAnOrganizationStands() {
    await(node.store.organizations().put(ACME, organization(2)));
    await(node.store.organizations().put(ACME, organization(1)));
    await(node.store.organizations().put(GLOBEX, organization(1)));
    await(other.store.refresh());

    assertThat(other.store.organizations().find(ACME)).contains(organization(2));
    assertThat(other.store.organizations().all()).containsExactlyInAnyOrder(ACME, GLOBEX);
    assertThat(other.store.organizations().find(OrganizationId.next(CLOCK))).isEmpty();
  }

  @Test
  void aRevocationStandsUntilItsTimeAndIsThenForgotten() {
    var family =
        new Revocation.OfFamily(ACME, new FamilyId(UUID.randomUUID()), NOW.plusSeconds(300));
    var token = new Revocation.OfToken(GLOBEX, "jti-1", NOW.plusSeconds(10));
    await(node.store.revocations().add(family));
    await(node.store.revocations().add(token));

    assertThat(await(other.store.revocations().standing(NOW)))
        .containsExactlyInAnyOrder(family, token);
    assertThat(await(other.store.revocations().standing(NOW.plusSeconds(10))))
        .containsExactly(family);
    assertThat(await(node.store.revocations().forget(NOW.plusSeconds(60)))).isEqualTo(1);
    assertThat(await(other.store.revocations().standing(NOW))).containsExactly(family);
  }

  @Test
  void aRepeatedRevocationNeverShortensTheFirst() {
    var id = new FamilyId(UUID.randomUUID());
    await(node.store.revocations().add(new Revocation.OfFamily(ACME, id, NOW.plusSeconds(300))));
    await(node.store.revocations().add(new Revocation.OfFamily(ACME, id, NOW.plusSeconds(5))));

    assertThat(await(node.store.revocations().standing(NOW)))
        .singleElement()
        .extracting(Revocation::forgetAt)
        .isEqualTo(NOW.plusSeconds(300));
  }

  @Test
  void aPayloadIsKeptSealedAndPurgedAfterItsTime() {
    var action = ActionId.next(CLOCK);
    byte[] body =
        "prompt of the agent".repeat(1_000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    for (var part : Part.values()) {
      await(node.store.payloads().keep(payload(action, part, body)));
    }
    // Once more, as after a lost answer.
    await(node.store.payloads().keep(payload(action, Part.REQUEST, body)));
    var reading = other.store.payloads();

    assertThat(await(reading.open(ACME, action, Part.REPLY, NOW)))
        .hasValueSatisfying(found -> assertThat(found.body().toArray()).isEqualTo(body));
    assertThat(await(reading.open(GLOBEX, action, Part.REPLY, NOW))).isEmpty();
    assertThat(await(reading.list(ACME, action, NOW)))
        .containsExactly(
            new Kept(
                Part.REQUEST, "application/json", body.length, false, NOW, NOW.plusSeconds(60)),
            new Kept(Part.REPLY, "application/json", body.length, false, NOW, NOW.plusSeconds(60)));
    assertThat(await(reading.list(GLOBEX, action, NOW))).isEmpty();
    Integer found =
        node.database.inOrganizationBlocking(
            ACME,
            handle ->
                handle
                    .createQuery(
                        "SELECT count(*) FROM enclave.payload"
                            + " WHERE position('prompt'::bytea IN sealed_body) > 0")
                    .mapTo(Integer.class)
                    .one());
    assertThat(found).isZero();
    assertThat(await(node.store.payloads().purge(NOW.plusSeconds(59)))).isZero();
    assertThat(await(reading.open(ACME, action, Part.REPLY, NOW.plusSeconds(59)))).isPresent();
    assertThat(await(reading.open(ACME, action, Part.REPLY, NOW.plusSeconds(60))))
        .as("past its time, and not deleted yet")
        .isEmpty();
    assertThat(await(reading.list(ACME, action, NOW.plusSeconds(60)))).isEmpty();
    assertThat(await(node.store.payloads().purge(NOW.plusSeconds(60)))).isEqualTo(2);
    assertThat(await(reading.open(ACME, action, Part.REPLY, NOW))).isEmpty();
  }

  @Test
  void aPayloadMovedToAnotherActionDoesNotOpen() {
    var one = ActionId.next(CLOCK);
    var two = ActionId.next(CLOCK);
    await(node.store.payloads().keep(payload(one, Part.REQUEST, new byte[] {1})));
    await(node.store.payloads().keep(payload(two, Part.REQUEST, new byte[] {2})));
    // By the owner of the table: the enclave's own role changes nothing in it.
    try (var owner =
        Database.open(database.config(DatabaseRole.MIGRATOR, 1), new SimpleMeterRegistry())) {
      owner.inTransactionBlocking(handle ->
          handle.execute(
              "UPDATE enclave.payload SET sealed_body ="
                  + " (SELECT sealed_body FROM enclave.payload WHERE action_id = ?)"
                  + " WHERE action_id = ?",
              one.uuid(),
              two.uuid()));
    }

    assertThat(await(node.store.payloads().open(ACME, one, Part.REQUEST, NOW))).isPresent();
    assertThatThrownBy(() -> await(node.store.payloads().open(ACME, two, Part.REQUEST, NOW)))
        .isInstanceOf(SealBrokenException.class);
  }

  /** As large as a request may be. */
  @Test
  void aLargePayloadIsKeptWhole() {
    var action = ActionId.next(CLOCK);
    byte[] body = new byte[32 << 20];
    new java.util.Random(7).nextBytes(body);

    await(node.store.payloads().keep(payload(action, Part.REQUEST, body)));

    assertThat(await(node.store.payloads().open(ACME, action, Part.REQUEST, NOW)))
        .hasValueSatisfying(found -> assertThat(found.body().toArray()).isEqualTo(body));
  }

  @Test
  void theLinkRemembersItsEnrolmentAndNeverGoesBack() {
    var enclave = EnclaveId.next(CLOCK);
    var keys = new JwkSet(List.of(SigningKey.generate().publicHalf().jwk()));
    assertThat(await(node.store.linkState().load())).isEmpty();
    var link = node.hold(Singleton.CONTROL_PLANE_LINK).linkProgress();
    assertThatIllegalStateException()
        .isThrownBy(() -> await(link.applied(1)))
        .withMessageContaining("before any enrolment");

    await(link.enrolled(enclave, keys));
    await(link.applied(7));
    await(link.applied(6));
    await(link.enrolled(enclave, keys));

    assertThat(await(other.store.linkState().load()))
        .contains(new LinkState.Kept(enclave, keys, 7, Contact.NONE));
  }

  @Test
  void theLastHeartbeatIsRememberedAndAnOlderOneChangesNothing() {
    var link = enrolled();
    var second = new Contact.Heartbeat(NOW, NOW.plusSeconds(1), 12, null);
    await(link.heard(second));

    await(link.heard(new Contact.Heartbeat(NOW.minusSeconds(5), NOW.plusSeconds(2), 11, "old")));

    assertThat(contact()).isEqualTo(new Contact(second, NOW.plusSeconds(1)));
  }

  @Test
  void theClockMarkNeverGoesBackUntilANewerHeartbeatVouchesForTheTime() {
    var link = enrolled();
    await(link.clockStandsAt(NOW.plusSeconds(3600)));
    await(link.clockStandsAt(NOW));
    assertThat(contact()).isEqualTo(new Contact(null, NOW.plusSeconds(3600)));

    await(link.heard(new Contact.Heartbeat(NOW, NOW, 3, "bundle")));

    assertThat(contact().clockMark()).isEqualTo(NOW);
  }

  private LinkProgress enrolled() {
    var link = node.hold(Singleton.CONTROL_PLANE_LINK).linkProgress();
    await(
        link.enrolled(
            EnclaveId.next(CLOCK), new JwkSet(List.of(SigningKey.generate().publicHalf().jwk()))));
    return link;
  }

  private Contact contact() {
    return await(other.store.linkState().load()).orElseThrow().contact();
  }

  @Test
  void theEnrolmentKeyIsMadeOnceAndKeptSealed() {
    byte[] key = await(node.store.linkState().enrolmentKey());

    assertThat(key).hasSize(32);
    assertThat(await(other.store.linkState().enrolmentKey())).isEqualTo(key);
    List<Integer> found =
        node.database.inTransactionBlocking(handle ->
            handle
                .createQuery("SELECT position(:key IN sealed) FROM enclave.shared_secret")
                .bind("key", key)
                .mapTo(Integer.class)
                .list());
    assertThat(found).containsOnly(0);
  }

  @Test
  void aSigningKeyIsKnownToOtherNodesUntilItsTime() {
    var key = SigningKey.generate().publicHalf();
    await(node.store.signingKeys().publish(key, "node-1", NOW.plusSeconds(300)));

    assertThat(await(other.store.signingKeys().find(key.kid(), NOW)))
        .hasValueSatisfying(found -> assertThat(found.jwk()).isEqualTo(key.jwk()));
    assertThat(await(other.store.signingKeys().all(NOW))).hasSize(1);
    assertThat(await(other.store.signingKeys().find(key.kid(), NOW.plusSeconds(300)))).isEmpty();
    assertThat(await(other.store.signingKeys().find("unknown", NOW))).isEmpty();
    assertThat(await(other.store.signingKeys().forget(NOW.plusSeconds(301)))).isEqualTo(1);
    assertThat(await(other.store.signingKeys().all(NOW))).isEmpty();
  }

  @Test
  void whoCanWriteTheTableStillCannotMint() {
    var genuine = SigningKey.generate().publicHalf();
    var forged = SigningKey.generate().publicHalf();
    await(node.store.signingKeys().publish(genuine, "node-1", NOW.plusSeconds(300)));
    node.database.inTransactionBlocking(handle ->
        handle
            .createUpdate(
                "INSERT INTO enclave.signing_key (kid, node, not_after, jwk, proof)"
                    + " SELECT :kid, node, not_after, :jwk, proof FROM enclave.signing_key")
            .bind("kid", forged.kid())
            .bind("jwk", Documents.write(forged.jwk()))
            .execute());
    assertThat(await(other.store.signingKeys().find(forged.kid(), NOW))).isEmpty();
    assertThat(await(other.store.signingKeys().all(NOW))).hasSize(1);

    // Nor is an old key's life prolonged.
    node.database.inTransactionBlocking(handle ->
        handle.execute("UPDATE enclave.signing_key SET not_after = not_after + interval '1 day'"));
    assertThat(await(other.store.signingKeys().all(NOW))).isEmpty();
  }

  private static Bundle bundle(OrganizationId organization, long version) {
    return new Bundle(
        organization,
        version,
        NOW,
        List.of(new PolicyDocument("starter", "permit (principal, action, resource);")));
  }

  private static ProviderSpec provider(String name, long version) {
    return new ProviderSpec(
        name,
        ProviderSpec.Kind.ANTHROPIC,
        URI.create("https://api.example.com"),
        List.of("model-*"),
        30,
        false,
        version);
  }

  private static OrganizationSpec organization(long version) {
    return new OrganizationSpec(
        "Acme", OrganizationSpec.Payloads.FULL, 30, OrganizationSpec.OfflineMode.FREEZE, version);
  }

  private static Payload payload(ActionId action, Part part, byte[] body) {
    return new Payload(
        ACME,
        AgentId.next(CLOCK),
        action,
        part,
        "application/json",
        ByteString.fromArray(body),
        false,
        NOW,
        NOW.plusSeconds(60));
  }
}
