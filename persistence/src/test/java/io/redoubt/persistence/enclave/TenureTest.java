package io.redoubt.persistence.enclave;

import static io.redoubt.persistence.enclave.EnclaveNode.ACME;
import static io.redoubt.persistence.enclave.EnclaveNode.CLOCK;
import static io.redoubt.persistence.enclave.EnclaveNode.NOW;
import static io.redoubt.persistence.enclave.EnclaveNode.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.link.Contact;
import io.redoubt.link.LinkState;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.revocation.Revocation;
import io.redoubt.singleton.Singleton;
import io.redoubt.singleton.SupersededException;
import io.redoubt.singleton.Tenure;
import java.net.URI;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A holder that slept through its replacement writes nothing, whatever it had in hand. */
class TenureTest {
  private TemporaryDatabase database;
  private EnclaveNode old;
  private EnclaveNode successor;

  @BeforeEach
  void start() {
    database = TemporaryDatabase.create();
    old = EnclaveNode.start(database, "node-1");
    successor = EnclaveNode.start(database, "node-2");
  }

  @AfterEach
  void stop() {
    old.close();
    successor.close();
    database.close();
  }

  @Test
  void everyHolderHasAnEpochOfItsOwnAndSingletonsAreCountedApart() {
    assertThat(take(old, Singleton.CONTROL_PLANE_LINK).epoch()).isEqualTo(1);
    assertThat(take(successor, Singleton.CONTROL_PLANE_LINK).epoch()).isEqualTo(2);
    assertThat(take(old, Singleton.CONTROL_PLANE_LINK).epoch()).isEqualTo(3);
    assertThat(take(old, Singleton.KEY_JANITOR).epoch()).isEqualTo(1);
  }

  @Test
  void whoBeganTheLastTenureOfEachIsKnown() {
    assertThat(await(old.store.singletons().holders())).isEmpty();
    take(old, Singleton.CONTROL_PLANE_LINK);
    take(old, Singleton.KEY_JANITOR);
    take(successor, Singleton.CONTROL_PLANE_LINK);

    assertThat(await(old.store.singletons().holders()))
        .containsExactly(
            Map.entry(Singleton.CONTROL_PLANE_LINK, "node-2"),
            Map.entry(Singleton.KEY_JANITOR, "node-1"));
  }

  @Test
  void theOldLinkMovesNothing() {
    var keys = keys();
    var enclave = EnclaveId.next(CLOCK);
    var before = old.hold(Singleton.CONTROL_PLANE_LINK).linkProgress();
    await(before.enrolled(enclave, keys));
    await(before.applied(3));

    var after = successor.hold(Singleton.CONTROL_PLANE_LINK).linkProgress();

    refused(before.applied(9));
    refused(before.enrolled(EnclaveId.next(CLOCK), keys()));
    refused(before.heard(new Contact.Heartbeat(NOW, NOW, 9, null)));
    refused(before.clockStandsAt(NOW.plusSeconds(3600)));
    assertThat(await(old.store.linkState().load()))
        .contains(new LinkState.Kept(enclave, keys, 3, Contact.NONE));
    await(after.applied(4));
    assertThat(await(old.store.linkState().load()).orElseThrow().lastApplied()).isEqualTo(4);
  }

  @Test
  void theOldLinkChangesNeitherOrganizationsNorProviders() {
    var before = old.hold(Singleton.CONTROL_PLANE_LINK);
    await(before.organizations().put(ACME, organization(1)));
    await(before.providers().put(ACME, provider(1), Secret.of("key")));

    successor.hold(Singleton.CONTROL_PLANE_LINK);

    refused(before.organizations().put(ACME, organization(2)));
    refused(before.providers().put(ACME, provider(2), Secret.of("another")));
    refused(before.providers().delete(ACME, "main", 3));
    await(successor.store.refresh());
    assertThat(successor.store.organizations().find(ACME)).contains(organization(1));
    assertThat(successor.store.providers().of(ACME)).containsExactly(provider(1));
    assertThat(successor.store.providers().key(ACME, provider(1))).contains(Secret.of("key"));
  }

  @Test
  void theOldForwarderConfirmsNothing() {
    var before = old.hold(Singleton.AUDIT_FORWARDER).auditOutbox();
    var agent = EnclaveNode.agent(ACME);
    await(old.store.fences().raise(agent, 1));
    await(old.store.auditLog().permit(EnclaveNode.intent(agent), 1));
    assertThat(await(before.next(10))).hasSize(1);

    var after = successor.hold(Singleton.AUDIT_FORWARDER).auditOutbox();

    refused(before.confirmed(ACME, 1));
    assertThat(await(after.next(10)).getFirst().first()).isEqualTo(1);
    await(after.confirmed(ACME, 1));
    assertThat(await(after.next(10))).isEmpty();
  }

  @Test
  void theOldJanitorDeletesNothing() {
    var family = new Revocation.OfFamily(ACME, new FamilyId(UUID.randomUUID()), NOW);
    await(old.store.revocations().add(family));
    await(old.store.signingKeys().publish(SigningKey.generate().publicHalf(), "node-1", NOW));
    var before = old.hold(Singleton.KEY_JANITOR);

    var after = successor.hold(Singleton.KEY_JANITOR);

    var later = NOW.plusSeconds(60);
    refused(before.revocations().forget(later));
    refused(before.signingKeys().forget(later));
    refused(before.payloads().purge(later));
    assertThat(await(after.revocations().forget(later))).isEqualTo(1);
    assertThat(await(after.signingKeys().forget(later))).isEqualTo(1);
  }

  /** Stopped in the middle of a transaction: what it wrote is over before the new one begins. */
  @Test
  void aSuccessorWaitsForWhatTheOldOneHasUnderWay() throws Exception {
    var tenure = take(old, Singleton.CONTROL_PLANE_LINK);
    CompletionStage<Tenure> next;
    try (var underWay =
        DriverManager.getConnection(
            database.url(),
            DatabaseRole.ENCLAVE.user(),
            database.password(DatabaseRole.ENCLAVE).reveal())) {
      underWay.setAutoCommit(false);
      underWay
          .createStatement()
          .execute(
              "SELECT true FROM enclave.singleton WHERE name = 'control-plane-link'"
                  + " AND epoch = "
                  + tenure.epoch()
                  + " FOR SHARE");

      next = successor.store.singletons().take(Singleton.CONTROL_PLANE_LINK, "node-2");

      Awaitility.await()
          .atMost(Duration.ofSeconds(4))
          .until(() ->
              successor.database.inTransactionBlocking(handle ->
                  handle
                      .createQuery(
                          "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted"
                              + " AND locktype IN ('transactionid', 'tuple'))")
                      .mapTo(Boolean.class)
                      .one()));
      assertThat(next.toCompletableFuture()).isNotDone();
      underWay.rollback();
    }
    assertThat(await(next).epoch()).isEqualTo(2);
  }

  private static Tenure take(EnclaveNode node, Singleton singleton) {
    return await(node.store.singletons().take(singleton, node.name));
  }

  private static void refused(CompletionStage<?> write) {
    assertThatThrownBy(() -> await(write)).isInstanceOf(SupersededException.class);
  }

  private static JwkSet keys() {
    return new JwkSet(List.of(SigningKey.generate().publicHalf().jwk()));
  }

  private static OrganizationSpec organization(long version) {
    return new OrganizationSpec(
        "Acme", OrganizationSpec.Payloads.FULL, 30, OrganizationSpec.OfflineMode.FREEZE, version);
  }

  private static ProviderSpec provider(long version) {
    return new ProviderSpec(
        "main",
        ProviderSpec.Kind.ANTHROPIC,
        URI.create("https://api.example.com"),
        List.of(),
        30,
        false,
        version);
  }
}
