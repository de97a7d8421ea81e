package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.SealedBoxes;
import io.redoubt.protocol.token.SecretKeyText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Enclaves, their link, and what travels over it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LinkTest {
  private static final String ENCLAVES = "/api/v1/enclaves";

  @AutoClose private final TestServer server = new TestServer();

  @Test
  void commandsComeInOrderWithoutGapsAndFromWhereTheEnclaveStands() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      for (int i = 0; i < 5; i++) {
        tenant.newAgent("a" + i);
      }
      await().until(() -> enclave.commands.size() >= 13);
      assertThat(enclave.commands.stream().map(c -> c.number()))
          .isEqualTo(LongStream.rangeClosed(1, 13).boxed().toList());
      enclave.disconnect();
      enclave.commands.clear();

      enclave.listen(10);

      await().until(() -> enclave.commands.size() == 3);
      assertThat(enclave.commands.stream().map(c -> c.number())).containsExactly(11L, 12L, 13L);
    }
  }

  @Test
  void heartbeatsAreSignedAndNameTheNewestCommand() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      await().until(() -> enclave.heartbeats.size() >= 3);

      var last = enclave.heartbeats.getLast();
      assertThat(last.enclaveId().toString()).isEqualTo(enclave.id);
      assertThat(last.lastCommand()).isEqualTo(3);
      assertThat(last.bundle())
          .isEqualTo(tenant.owner().get("/api/v1/bundles").text("/items/0/digest"));
      assertThat(last.time()).isAfter(enclave.heartbeats.getFirst().time());
    }
  }

  @Test
  void aRejectedCommandIsAuditedOnce() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    enclave.hello();
    String report = EnclaveClient.json(new LinkReport.Rejected(1, "cannot"));

    enclave.report(report);
    enclave.report(report);

    assertThat(tenant.audit("&operation=command:rejected")).hasSize(1);
  }

  @Test
  void whyACommandWasRejectedIsKeptAsPlainText() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    enclave.hello();

    var reply = enclave.report(EnclaveClient.json(new LinkReport.Rejected(1, "can\u0007not")));

    assertThat(reply.status()).isEqualTo(204);
    assertThat(tenant.lastAudit("command:rejected").path("detail").asText()).isEqualTo("can not");
  }

  @Test
  void aKeyThatIsNotTheEnclavesIsRefused() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    var other = tenant.newEnclave("other");
    String secret = tenant.owner().post(ENCLAVES + "/" + other.id + "/rotate-key").text("/api_key");
    String forged = SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, enclave.id).reveal();

    for (String key : new String[] {"", "rde_", forged, secret + "x", secret.substring(1)}) {
      assertThat(enclave.withKey(key).hello().status()).isEqualTo(401);
    }
  }

  @Test
  void anEnclaveSaysHelloFirstAndIsNeverAheadOfItsLog() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");

    assertThat(enclave.http().get("/enclave/v1/commands").status()).isEqualTo(409);
    enclave.hello();
    assertThat(enclave.http().get("/enclave/v1/commands?after=99").status()).isEqualTo(409);
    assertThat(enclave.http().get("/enclave/v1/commands?after=-1").status()).isEqualTo(422);
    assertThat(enclave.http().get("/enclave/v1/commands?after=x").status()).isEqualTo(422);
    assertThat(
            enclave
                .http()
                .post(
                    "/enclave/v1/hello",
                    "{\"node\": \"n\", \"version\": \"1\", \"enrolment_key\": \"AAAA\"}")
                .text("/errors/0/pointer"))
        .isEqualTo("/enrolment_key");
  }

  @Test
  void whatAnEnclaveCallsItselfIsPlainText() {
    var enclave = server.newTenant().newEnclave("main");
    String key =
        Base64.getEncoder().encodeToString(SealedBoxes.publicKey(SealedBoxes.newPrivateKey()));

    for (String text : new String[] {"", " ", "a\\u0007b", "a".repeat(101)}) {
      var reply =
          enclave
              .http()
              .post(
                  "/enclave/v1/hello",
                  "{\"node\": \"n\", \"version\": \"%s\", \"enrolment_key\": \"%s\"}"
                      .formatted(text, key));
      assertThat(reply.status()).as(text).isEqualTo(422);
      assertThat(reply.text("/errors/0/pointer")).as(text).isEqualTo("/version");
    }
  }

  @Test
  void aReportOfATimeThatCannotBeKeptIsRefused() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    enclave.hello();
    String agent = tenant.newAgent("a");

    for (String time : new String[] {"-9999-01-01T00:00:00Z", "+300000-01-01T00:00:00Z"}) {
      assertThat(
              enclave
                  .report(
                      "{\"kind\": \"commands.applied\", \"up_to\": 1, \"at\": \"%s\"}"
                          .formatted(time))
                  .status())
          .as(time)
          .isEqualTo(422);
      assertThat(
              enclave
                  .report(
                      """
                      {"kind": "agent.seen", "organization_id": "%s", "agent_id": "%s",
                       "status": "active", "last_seen_at": "%s", "isolations": [],
                       "at": "2026-11-20T12:00:00Z"}
                      """
                          .formatted(tenant.id(), agent, time))
                  .status())
          .as(time)
          .isEqualTo(422);
    }
  }

  @Test
  void badReportsAreRefusedWhole() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    enclave.hello();

    assertThat(enclave.http().post("/enclave/v1/reports", "{\"reports\": [null]}").status())
        .isEqualTo(422);
    assertThat(enclave.report("{\"kind\": \"commands.applied\"}").status()).isEqualTo(422);
    assertThat(enclave.report("{\"kind\": \"agent.seen\", \"status\": \"flying\"}").status())
        .isEqualTo(422);
    assertThat(enclave.report("{\"kind\": \"unheard-of\"}").status()).isEqualTo(422);
    assertThat(enclave.http().post("/enclave/v1/reports", "{\"reports\"").status()).isEqualTo(400);
    assertThat(enclave.http().post("/enclave/v1/reports", "{}").status()).isEqualTo(422);
  }

  /** Every call notes in one row that the enclave was heard. */
  @Test
  void reportsOfAnEnclaveThatWaitForEachOtherKeepNoConnectionFromOthers() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    enclave.hello();

    assertTakeTurns(
        tenant,
        "SELECT id FROM control.enclave FOR NO KEY UPDATE",
        () -> enclave.report(EnclaveClient.json(new LinkReport.Applied(1, server.clock.instant()))),
        204);
  }

  @Test
  void soDoDeliveriesOfAudit() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    enclave.hello();
    String organization = tenant.id().toString();
    assertThat(enclave.audit(organization, 1).status()).isEqualTo(200);

    assertTakeTurns(
        tenant,
        "SELECT enclave_id FROM control.audit_cursor FOR NO KEY UPDATE",
        () -> enclave.audit(organization, 1),
        200);
  }

  /** More calls than there are connections, while somebody else keeps them from their rows. */
  private void assertTakeTurns(Tenant tenant, String rows, Supplier<Reply> call, int status) {
    var held = new CountDownLatch(1);
    var over = new CountDownLatch(1);
    var holder =
        server
            .database()
            .inOrganization(
                tenant.id(),
                handle -> {
                  assertThat(handle.createQuery(rows).mapTo(UUID.class).list()).hasSize(1);
                  held.countDown();
                  return comes(over);
                });
    assertThat(comes(held)).isTrue();
    var calls =
        CompletableFuture.supplyAsync(() -> Http.atOnce(20, call), Thread::startVirtualThread);
    await().until(() -> waitingInTheDatabase() > 0);

    for (int i = 0; i < 20; i++) {
      assertThat(tenant.owner().get(ENCLAVES).status()).isEqualTo(200);
    }
    assertThat(waitingInTheDatabase()).isOne();

    over.countDown();
    assertThat(holder.toCompletableFuture().join()).isTrue();
    assertThat(calls.join()).extracting(Reply::status).containsOnly(status);
  }

  private long waitingInTheDatabase() {
    return server
        .database()
        .inTransactionBlocking(handle ->
            handle
                .createQuery(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """)
                .mapTo(Long.class)
                .one());
  }

  private static boolean comes(CountDownLatch latch) {
    try {
      return latch.await(4, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anEnclaveHasOnlySoManyStreams() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    enclave.hello();
    var open = new ArrayList<EnclaveClient>();
    String key = tenant.owner().post(ENCLAVES + "/" + enclave.id + "/rotate-key").text("/api_key");
    for (int i = 0; i < 8; i++) {
      var client = enclave.withKey(key);
      client.connect();
      open.add(client);
    }

    var ninth = enclave.withKey(key).http().get("/enclave/v1/commands");

    assertThat(ninth.status()).isEqualTo(429);
    assertThat(ninth.header("retry-after")).isEqualTo("1");
    open.forEach(EnclaveClient::close);
  }

  @Test
  void anEnclaveListensAsLongAsOneOfItsStreamsIsOpenAnywhere() {
    var tenant = server.newTenant();
    try (var other = server.another();
        var enclave = tenant.newEnclave("main").connect();
        var elsewhere = enclave.at(TestServer.url(other)).connect()) {
      enclave.disconnect();

      await()
          .during(Duration.ofSeconds(1))
          .until(
              () -> tenant.owner().get(ENCLAVES + "/" + enclave.id).at("/listening").asBoolean());
      elsewhere.disconnect();

      await()
          .until(
              () -> !tenant.owner().get(ENCLAVES + "/" + enclave.id).at("/listening").asBoolean());
    }
  }

  @Test
  void anEnclaveIsLinkedOnceItListensAndHasAppliedAllItWasTold() {
    var tenant = server.newTenant();
    var bootstrap = server.controlPlane().bootstrap();
    var credential = bootstrap.ensureEnclave(tenant.id(), "main");
    var id = credential.enclaveId();
    try (var enclave =
        new EnclaveClient(server.url(), id.toString(), credential.apiKey().reveal())) {
      assertThat(bootstrap.isLinked(tenant.id(), id)).isFalse();
      enclave.connect();
      await().until(() -> enclave.commands.size() == 3);
      assertThat(bootstrap.isLinked(tenant.id(), id)).isFalse();
      enclave.report(EnclaveClient.json(new LinkReport.Applied(3, server.clock.instant())));
      assertThat(bootstrap.isLinked(tenant.id(), id)).isTrue();

      bootstrap.ensureEnclave(tenant.id(), "main");

      assertThat(bootstrap.isLinked(tenant.id(), id)).as("with a key that is none").isFalse();
    }
  }
}
