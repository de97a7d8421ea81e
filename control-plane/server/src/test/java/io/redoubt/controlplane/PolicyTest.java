package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.Jwk;
import io.redoubt.protocol.jwt.VerificationKey;
import io.redoubt.protocol.link.LinkCommand.BundlePublished;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.BundleDigest;
import io.redoubt.protocol.policy.PolicyDocument;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The draft, what is published of it, and who runs it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PolicyTest {
  private static final String POLICIES = "/api/v1/policies";
  private static final String BUNDLES = "/api/v1/bundles";
  private static final String GUARD =
      "forbid (principal, action == Action::\"tool:call\", resource);";

  @AutoClose private final TestServer server = new TestServer();

  private static String body(String cedar) {
    return EnclaveClient.json(Map.of("cedar", cedar));
  }

  private static BundlePublished told(EnclaveClient enclave, long version) {
    await()
        .until(() ->
            enclave.commands.stream()
                .anyMatch(
                    c -> c.command() instanceof BundlePublished it && it.version() == version));
    return enclave.command(BundlePublished.class);
  }

  /** What the enclave is handed out, where the signature is good. */
  private static Bundle fetched(EnclaveClient enclave, BundleDigest digest) {
    JsonNode keys = enclave.hello().at("/command_keys/keys");
    var signed =
        Bundle.parse(enclave.http().get("/enclave/v1/bundles/" + digest).text()).orElseThrow();
    byte[] payload =
        StreamSupport.stream(keys.spliterator(), false)
            .map(key -> VerificationKey.of(Json.LENIENT.convertValue(key, Jwk.class)))
            .flatMap(key -> signed.payloadIfSignedBy(key).stream())
            .findFirst()
            .orElseThrow();
    assertThat(BundleDigest.of(payload)).isEqualTo(digest);
    return Bundle.read(payload).orElseThrow();
  }

  private void runs(
      Tenant tenant, EnclaveClient enclave, BundlePublished bundle, List<String> missing) {
    var report =
        new LinkReport.BundleRunning(
            tenant.id(),
            bundle.version(),
            bundle.digest(),
            List.of(new LinkReport.BundleRunning.NodeRun("node-1", server.clock.instant())),
            missing,
            server.clock.instant());
    assertThat(enclave.report(EnclaveClient.json(report)).status()).isEqualTo(204);
  }

  @Test
  void aNewOrganizationStartsWithAPublishedPolicyThatItSees() {
    var tenant = server.newTenant();

    var starter = tenant.owner().get(POLICIES + "/starter");
    assertThat(starter.status()).isEqualTo(200);
    assertThat(starter.text("/cedar")).contains("permit").contains("llm:generate");
    assertThat(starter.header("etag")).isEqualTo("\"1\"");
    var bundles = tenant.owner().get(BUNDLES);
    assertThat(bundles.at("/items")).hasSize(1);
    assertThat(bundles.at("/items/0/version").asLong()).isEqualTo(1);
    assertThat(bundles.text("/items/0/published_by")).isEqualTo("system");
    var whole = tenant.owner().get(BUNDLES + "/1");
    assertThat(whole.at("/policies").findValuesAsText("name"))
        .containsExactly("rule.default-reads", "rule.default-writes", "starter");
    assertThat(whole.text("/policies/2/cedar")).isEqualTo(starter.text("/cedar"));
    assertThat(tenant.lastAudit("bundle:publish").path("resource").asText()).isEqualTo("1");
  }

  @Test
  void aGuardThatNeverStandsIsNotPublished() {
    var owner = server.newTenant().owner();
    owner.put(
        POLICIES + "/many",
        body(
            "forbid (principal, action, resource) when"
                + " { context.session.counts[\"tool:call shell within 1h\"] >= 150 };"));

    var refused = owner.post(BUNDLES, "{}");

    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.text("/errors/0/pointer")).isEqualTo("/policies/many/cedar:1:1");
    assertThat(refused.text("/errors/0/detail")).contains("compared with 150");
    assertThat(owner.post("/api/v1/policies/test", "{}").at("/valid").asBoolean()).isFalse();
    assertThat(owner.get(BUNDLES).at("/items")).hasSize(1);
  }

  @Test
  void anOrganizationFromBeforeThereWerePoliciesGetsThemAtTheStart() {
    try (var old = new TestServer()) {
      var tenant = old.newTenant();
      try (var migrator = old.migrator()) {
        migrator.inTransactionBlocking(handle -> {
          handle.execute("ALTER TABLE control.policy_bundle DISABLE TRIGGER append_only");
          handle.execute("DELETE FROM control.policy_bundle");
          handle.execute("DELETE FROM control.policy");
          handle.execute("DELETE FROM control.policy_part");
          return handle.execute(
              "ALTER TABLE control.policy_bundle ENABLE ALWAYS TRIGGER append_only");
        });
      }

      old.restart();
      old.restart();

      assertThat(old.count(tenant.id(), "SELECT count(*) FROM control.policy")).isEqualTo(1);
      assertThat(old.count(tenant.id(), "SELECT max(version) FROM control.policy_bundle"))
          .isEqualTo(1);
      assertThat(old.count(tenant.id(), "SELECT count(*) FROM control.policy_part")).isEqualTo(2);
    }
  }

  @Test
  void aDocumentIsMadeChangedReadAndDeleted() {
    var owner = server.newTenant().owner();

    var made = owner.put(POLICIES + "/guard", body(GUARD));
    var changed = owner.put(POLICIES + "/guard", body(GUARD + "\n// tighter\n"));
    var shown = owner.get(POLICIES + "/guard");

    assertThat(made.status()).isEqualTo(201);
    assertThat(made.header("location")).isEqualTo(POLICIES + "/guard");
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.header("etag")).isEqualTo("\"2\"");
    assertThat(shown.text("/cedar")).endsWith("// tighter\n");
    assertThat(owner.get(POLICIES).at("/items").findValuesAsText("name"))
        .containsExactly("guard", "starter");
    var first = owner.get(POLICIES + "?limit=1");
    assertThat(
            owner
                .get(POLICIES + "?limit=1&cursor=" + first.text("/next_cursor"))
                .text("/items/0/name"))
        .isEqualTo("starter");

    assertThat(owner.delete(POLICIES + "/guard").status()).isEqualTo(204);
    assertThat(owner.get(POLICIES + "/guard").status()).isEqualTo(404);
    assertThat(owner.delete(POLICIES + "/guard").status()).isEqualTo(404);
    assertThat(owner.put(POLICIES + "/guard", body(GUARD)).header("etag"))
        .as("an old ETag never fits again")
        .isEqualTo("\"4\"");
  }

  @Test
  void ofTwoWhoChangeTheSameVersionOneIsRefused() {
    var owner = server.newTenant().owner();
    var seen = owner.get(POLICIES + "/starter").header("etag");

    var statuses =
        Http.atOnce(
            8, () -> owner.with("if-match", seen).put(POLICIES + "/starter", body("")).status());

    assertThat(statuses).containsOnlyOnce(200).contains(412).containsOnly(200, 412);
    assertThat(owner.with("if-match", "\"1\"").delete(POLICIES + "/starter").status())
        .isEqualTo(412);
    assertThat(owner.with("if-match", "*").put(POLICIES + "/none", body("")).status())
        .isEqualTo(412);
  }

  /** RFC 9110, sections 13.1.1 and 13.1.2. */
  @Test
  void whatStandsIsChangedAsThePreconditionsSay() {
    var owner = server.newTenant().owner();
    String path = POLICIES + "/guard";
    var onlyNew = owner.with("if-none-match", "*");

    assertThat(onlyNew.put(path, body(GUARD)).status()).isEqualTo(201);
    assertThat(onlyNew.put(path, body("")).problem()).isEqualTo("precondition-failed");
    assertThat(owner.with("if-none-match", "\"9\", W/\"1\"").put(path, body("")).status())
        .isEqualTo(412);
    assertThat(owner.with("if-match", "\"9\", W/\"1\"").put(path, body("")).status())
        .as("a weak tag is never strongly the same")
        .isEqualTo(412);
    assertThat(owner.get(path).text("/cedar")).isEqualTo(GUARD);

    assertThat(owner.with("if-match", "\"9\", \"1\"").put(path, body(GUARD)).status())
        .isEqualTo(200);
    assertThat(owner.with("if-none-match", "\"1\"").put(path, body(GUARD)).status()).isEqualTo(200);
    assertThat(owner.with("if-match", "*").put(path, body(GUARD)).status()).isEqualTo(200);
    assertThat(onlyNew.delete(path).status()).isEqualTo(412);
  }

  @Test
  void whatCannotBeADocumentIsRefused() {
    var owner = server.newTenant().owner();

    assertThat(owner.put(POLICIES + "/UPPER", body(GUARD)).text("/errors/0/pointer"))
        .isEqualTo("name");
    assertThat(owner.put(POLICIES + "/x", "{}").text("/errors/0/pointer")).isEqualTo("/cedar");
    assertThat(owner.put(POLICIES + "/x", "{\"cedar\": 1}").status()).isEqualTo(422);
    assertThat(owner.put(POLICIES + "/x", body("\0")).status()).isEqualTo(422);
    assertThat(owner.put(POLICIES + "/x", "{\"cedar\": \"\\ud800\"}").status()).isEqualTo(422);
    assertThat(owner.put(POLICIES + "/x", body("x".repeat(100_001))).status()).isEqualTo(422);
    assertThat(owner.put(POLICIES + "/x", body("x".repeat(2 << 20))).status()).isEqualTo(413);
    assertThat(owner.put(POLICIES + "/x", "{\"cedar\": \"\", \"shadow\": true}").status())
        .isEqualTo(422);
    assertThat(owner.get(POLICIES + "/x").status()).isEqualTo(404);
  }

  @Test
  void anOrganizationHasOnlySoManyDocuments() {
    try (var small = new TestServer("redoubt.control-plane.policies.max-per-organization = 2")) {
      var owner = small.newTenant().owner();

      assertThat(owner.put(POLICIES + "/second", body("")).status()).isEqualTo(201);
      assertThat(owner.put(POLICIES + "/third", body("")).status()).isEqualTo(409);
      assertThat(owner.put(POLICIES + "/second", body("// again")).status()).isEqualTo(200);
      owner.delete(POLICIES + "/starter");
      assertThat(owner.put(POLICIES + "/third", body("")).status()).isEqualTo(201);
    }
  }

  @Test
  void aPublicationIsAnsweredOnceEveryNodeRunsIt() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      tenant.owner().put(POLICIES + "/guard", body(GUARD));

      var publishing = publishing(tenant);
      var told = runsNodeByNode(tenant, enclave, publishing);
      var published = publishing.join();

      assertThat(published.status()).as(published.text()).isEqualTo(201);
      assertThat(published.at("/version").asLong()).isEqualTo(2);
      assertThat(published.text("/digest")).isEqualTo(told.digest().text());
      assertThat(published.text("/nodes/0/node")).isEqualTo("node-1");
      assertThat(published.text("/nodes/0/acknowledged_at")).isNotEmpty();
      var bundle = fetched(enclave, told.digest());
      assertThat(bundle.organization()).isEqualTo(tenant.id());
      assertThat(bundle.version()).isEqualTo(2);
      assertThat(bundle.policies())
          .extracting(PolicyDocument::name)
          .containsExactly("guard", "rule.default-reads", "rule.default-writes", "starter");
      assertThat(tenant.owner().get("/api/v1/enclaves/" + enclave.id).text("/bundle_version"))
          .isEqualTo("2");
      await().until(() -> told.digest().text().equals(enclave.heartbeats.getLast().bundle()));
    }
  }

  /** What it had may decide there still (G8). */
  @Test
  void aPublicationThatAnEnclaveHasNotHeardOfIsUnderWay() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      goesAway(tenant, enclave);

      var reply = tenant.owner().post(BUNDLES);

      assertThat(reply.status()).isEqualTo(202);
      assertThat(reply.at("/pending").asBoolean()).isTrue();
      assertThat(reply.at("/nodes")).isEmpty();
      assertThat(reply.text("/away/0/enclave_id")).isEqualTo(enclave.id);
      assertThat(reply.text("/away/0/name")).isEqualTo("main");
      assertThat(reply.at("/away/0/enrolled").asBoolean()).isTrue();
      assertThat(reply.text("/away/0/last_contact_at")).isNotEmpty();
      enclave.connect();
      assertThat(told(enclave, 2).digest().text()).isEqualTo(reply.text("/digest"));
    }
  }

  private static void goesAway(Tenant tenant, EnclaveClient enclave) {
    enclave.disconnect();
    await()
        .until(() ->
            !tenant.owner().get("/api/v1/enclaves/" + enclave.id).at("/listening").asBoolean());
  }

  /** It is under way as long as one of its nodes does not run it. */
  private BundlePublished runsNodeByNode(
      Tenant tenant, EnclaveClient enclave, CompletableFuture<Reply> publishing) {
    var told = told(enclave, 2);
    runs(tenant, enclave, told, List.of("node-2"));
    assertThat(publishing).isNotDone();
    runs(tenant, enclave, told, List.of());
    return told;
  }

  /** It passes over what it was told last. */
  private static void refuses(EnclaveClient enclave, String why) {
    enclave.report(
        EnclaveClient.json(new LinkReport.Rejected(enclave.commands.getLast().number(), why)));
  }

  private static CompletableFuture<Reply> publishing(Tenant tenant) {
    return CompletableFuture.supplyAsync(
        () -> tenant.owner().post(BUNDLES, "{}"), Thread::startVirtualThread);
  }

  @Test
  void anEnclaveThatNeverSaidHelloNeitherEndsTheWaitingForOthersNorProlongsIt() {
    var tenant = server.newTenant();
    var spare = tenant.newEnclave("spare");
    try (var enclave = tenant.newEnclave("main").connect()) {
      var publishing = publishing(tenant);
      runsNodeByNode(tenant, enclave, publishing);
      var published = publishing.join();

      assertThat(published.status()).as(published.text()).isEqualTo(201);
      assertThat(published.at("/pending").asBoolean()).isFalse();
      assertThat(published.text("/nodes/0/node")).isEqualTo("node-1");
      assertThat(published.at("/away")).hasSize(1);
      assertThat(published.text("/away/0/enclave_id")).isEqualTo(spare.id);
      assertThat(published.at("/away/0/enrolled").asBoolean()).isFalse();
      assertThat(published.at("/away/0/last_contact_at").isNull()).isTrue();
    }
  }

  @Test
  void anEnclaveThatIsAwayDoesNotEndTheWaitingForOthers() {
    var tenant = server.newTenant();
    try (var gone = tenant.newEnclave("gone").connect();
        var enclave = tenant.newEnclave("main").connect()) {
      goesAway(tenant, gone);

      var publishing = publishing(tenant);
      runs(tenant, enclave, told(enclave, 2), List.of());
      var published = publishing.join();

      assertThat(published.status()).as(published.text()).isEqualTo(202);
      assertThat(published.at("/pending").asBoolean()).isTrue();
      assertThat(published.text("/nodes/0/enclave_id")).isEqualTo(enclave.id);
      assertThat(published.at("/away")).hasSize(1);
      assertThat(published.text("/away/0/enclave_id")).isEqualTo(gone.id);
    }
  }

  @Test
  void anEnclaveThatRefusesDoesNotEndTheWaitingForOthers() {
    var tenant = server.newTenant();
    try (var refusing = tenant.newEnclave("refusing").connect();
        var enclave = tenant.newEnclave("main").connect()) {
      var publishing = publishing(tenant);
      told(refusing, 2);
      refuses(refusing, "cannot be run here");
      int before = enclave.heartbeats.size();
      await().until(() -> enclave.heartbeats.size() > before);
      assertThat(publishing).isNotDone();
      runs(tenant, enclave, told(enclave, 2), List.of());
      var published = publishing.join();

      assertThat(published.status()).as(published.text()).isEqualTo(202);
      assertThat(published.text("/refused/0/enclave_id")).isEqualTo(refusing.id);
      assertThat(published.text("/nodes/0/enclave_id")).isEqualTo(enclave.id);
      assertThat(published.at("/away")).isEmpty();
    }
  }

  @Test
  void anEnclaveThatRefusesIsNamedWithItsReason() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      var publishing = publishing(tenant);
      told(enclave, 2);
      refuses(enclave, "cannot be run here");

      var reply = publishing.join();

      assertThat(reply.status()).isEqualTo(202);
      assertThat(reply.text("/refused/0/why")).isEqualTo("cannot be run here");
      assertThat(tenant.lastAudit("command:rejected").path("verdict").asText()).isEqualTo("deny");
    }
  }

  /** Of an older release, perhaps, which did not know the command: it has been replaced since. */
  @Test
  void anEnclaveThatPassedTheNewestBundleOverIsToldOfItAgainWhenItComesBack() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      var first = told(enclave, 1);
      long number = enclave.await(BundlePublished.class).number();
      enclave.report(EnclaveClient.json(new LinkReport.Rejected(number, "unknown")));
      enclave.disconnect();

      enclave.hello();
      assertThat(bundlesTold(tenant)).as("just now").isEqualTo(1);
      server.clock.forward(Duration.ofSeconds(6));
      enclave.connect();
      await().until(() -> enclave.commands.getLast().number() > number);
      enclave.disconnect();
      server.clock.forward(Duration.ofSeconds(6));
      enclave.connect();

      assertThat(enclave.command(BundlePublished.class)).isEqualTo(first);
      assertThat(bundlesTold(tenant)).as("once more, and not passed over again").isEqualTo(2);
    }
  }

  private long bundlesTold(Tenant tenant) {
    return server.count(
        tenant.id(),
        "SELECT count(*) FROM control.enclave_command WHERE kind = 'bundle.published'");
  }

  @Test
  void whatIsNotValidIsNotPublishedAndThePlaceIsNamed() {
    var tenant = server.newTenant();
    tenant.owner().put(POLICIES + "/broken", body("permit (principal,\n  actoin, resource);"));

    var reply = tenant.owner().post(BUNDLES, "{}");

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.text("/errors/0/pointer")).startsWith("/policies/broken/cedar:2:");
    assertThat(tenant.owner().get(BUNDLES).at("/items")).hasSize(1);
    assertThat(tenant.audit("&operation=bundle:publish")).hasSize(1);
  }

  @Test
  void whatIsMoreThanABundleHoldsIsNotPublished() {
    var tenant = server.newTenant();
    var large = body("// " + "x".repeat(99_997));
    for (int i = 0; i < 41; i++) {
      assertThat(tenant.owner().put(POLICIES + "/large" + i, large).status()).isEqualTo(201);
    }
    assertThat(tenant.owner().put(POLICIES + "/large41", large).status())
        .as("more than a bundle by themselves")
        .isEqualTo(409);
    // As much of what is left as goes in, so that the rest of the bundle has no room beside them.
    for (int size = 50_000; size > 100; size /= 2) {
      var small = body("// " + "x".repeat(size));
      assertThat(tenant.owner().put(POLICIES + "/small" + size, small).status()).isIn(201, 409);
    }

    var reply = tenant.owner().post(BUNDLES, "{}");

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.text("/errors/0/pointer")).isEqualTo("/policies");
    assertThat(reply.text("/errors/0/detail")).isEqualTo("have at most 4194304 bytes together");
    assertThat(tenant.owner().get(BUNDLES).at("/items")).hasSize(1);
  }

  @Test
  void anEmptyBundleCanBePublished() {
    var tenant = server.newTenant();
    tenant.owner().delete(POLICIES + "/starter");
    tenant.owner().delete("/api/v1/rules/default-reads");
    tenant.owner().delete("/api/v1/rules/default-writes");

    var reply = tenant.owner().post(BUNDLES, "{}");

    assertThat(reply.status()).isEqualTo(201);
    assertThat(reply.at("/policy_count").asInt()).isZero();
  }

  @Test
  void anEarlierVersionIsPublishedAgainAsANewOneAndTheDraftStays() {
    var tenant = server.newTenant();
    var owner = tenant.owner();
    owner.put(POLICIES + "/guard", body(GUARD));
    owner.post(BUNDLES, "{}");

    var back = owner.post(BUNDLES, "{\"rollback_to\": 1}");

    assertThat(back.status()).isEqualTo(201);
    assertThat(back.at("/version").asLong()).isEqualTo(3);
    assertThat(back.at("/rollback_of").asLong()).isEqualTo(1);
    assertThat(owner.get(BUNDLES + "/3").at("/policies"))
        .isEqualTo(owner.get(BUNDLES + "/1").at("/policies"));
    assertThat(owner.get(POLICIES + "/guard").status()).isEqualTo(200);
    assertThat(tenant.lastAudit("bundle:publish").path("detail").asText())
        .contains("version 1 again");
    assertThat(owner.post(BUNDLES, "{\"rollback_to\": 9}").text("/errors/0/pointer"))
        .isEqualTo("/rollback_to");
    assertThat(owner.post(BUNDLES, "{\"rollback_to\": \"1\"}").status()).isEqualTo(422);
    assertThat(owner.get(BUNDLES + "/0").status()).isEqualTo(404);
    assertThat(owner.get(BUNDLES + "/x").status()).isEqualTo(404);
  }

  @Test
  void aRepeatedPublicationPublishesOnce() {
    var owner = server.newTenant().owner().with("idempotency-key", "once");

    var first = owner.post(BUNDLES, "{}");
    var again = owner.post(BUNDLES, "{}");

    assertThat(again.at("/version").asLong()).isEqualTo(first.at("/version").asLong());
    assertThat(owner.get(BUNDLES).at("/items")).hasSize(2);
  }

  @Test
  void ofThoseWhoPublishAtOnceEachGetsAVersionOfItsOwn() {
    var owner = server.newTenant().owner();

    var versions = Http.atOnce(6, () -> owner.post(BUNDLES, "{}").at("/version").asInt());

    assertThat(versions).containsExactlyInAnyOrder(2, 3, 4, 5, 6, 7);
  }

  @Test
  void aBundleGoesToEnclavesOfItsOrganizationOnly() {
    var tenant = server.newTenant();
    var stranger = server.newTenant();
    var own = tenant.newEnclave("main");
    var foreign = stranger.newEnclave("main");
    String digest = tenant.owner().get(BUNDLES).text("/items/0/digest");

    assertThat(own.http().get("/enclave/v1/bundles/" + digest).status()).isEqualTo(200);
    var refused = foreign.http().get("/enclave/v1/bundles/" + digest);
    var missing = foreign.http().get("/enclave/v1/bundles/sha256:" + "0".repeat(64));

    assertThat(refused.status()).isEqualTo(404);
    assertThat(missing.status()).isEqualTo(404);
    assertThat(foreign.http().get("/enclave/v1/bundles/x").status()).isEqualTo(404);
  }

  @Test
  void anEnclaveIsNotBelievedAboutOrganizationsThatItDoesNotServe() {
    var tenant = server.newTenant();
    try (var foreign = server.newTenant().newEnclave("main").connect()) {
      var bundle =
          new BundlePublished(
              1, BundleDigest.parse(tenant.owner().get(BUNDLES).text("/items/0/digest")));

      runs(tenant, foreign, bundle, List.of());

      assertThat(server.count(tenant.id(), "SELECT count(*) FROM control.policy_run")).isZero();
      assertThat(foreign.report("{\"kind\": \"bundle.running\"}").status()).isEqualTo(422);
    }
  }

  @Test
  void theDraftIsTriedWithoutChangingAnything() {
    var tenant = server.newTenant();
    tenant.newEnclave("main");
    String agent = tenant.newAgent("builder");
    var owner = tenant.owner();
    String request =
        "{\"requests\": [{\"agent_id\": \"%s\", \"action\": \"%s\", \"resource\": \"%s\"}]}";

    var permitted = owner.post(POLICIES + "/test", request.formatted(agent, "tool:call", "shell"));
    owner.put(POLICIES + "/guard", body(GUARD));
    var denied = owner.post(POLICIES + "/test", request.formatted(agent, "tool:call", "shell"));

    assertThat(permitted.status()).as(permitted.text()).isEqualTo(200);
    assertThat(permitted.at("/valid").asBoolean()).isTrue();
    assertThat(permitted.text("/decisions/0/verdict")).isEqualTo("permit");
    assertThat(denied.text("/decisions/0/verdict")).isEqualTo("deny");
    assertThat(denied.text("/decisions/0/policy_ids/0")).contains("guard");
    assertThat(owner.get(BUNDLES).at("/items")).hasSize(1);

    var broken =
        owner.post(
            POLICIES + "/test", "{\"policies\": [{\"name\": \"a\", \"cedar\": \"permit\"}]}");
    assertThat(broken.status()).isEqualTo(200);
    assertThat(broken.at("/valid").asBoolean()).isFalse();
    assertThat(broken.text("/problems/0/policy")).isEqualTo("a");

    String nobody = AgentId.next(server.clock).toString();
    assertThat(owner.post(POLICIES + "/test", request.formatted(nobody, "tool:call", "x")).status())
        .isEqualTo(404);
    assertThat(
            owner
                .post(POLICIES + "/test", request.formatted(agent, "fly", "x"))
                .text("/errors/0/pointer"))
        .isEqualTo("/requests/0/action");
    assertThat(
            owner
                .post(POLICIES + "/test", request.formatted(agent, "mcp:call", "x"))
                .text("/errors/0/pointer"))
        .isEqualTo("/requests/0/resource");
    assertThat(
            owner
                .post(POLICIES + "/test", "{\"requests\": [" + "null,".repeat(100) + "null]}")
                .status())
        .isEqualTo(422);
    assertThat(
            owner
                .post(
                    POLICIES + "/test",
                    "{\"policies\": [{\"name\": \"a\", \"cedar\": \"\"},"
                        + " {\"name\": \"a\", \"cedar\": \"\"}]}")
                .text("/errors/0/pointer"))
        .isEqualTo("/policies");
  }
}
