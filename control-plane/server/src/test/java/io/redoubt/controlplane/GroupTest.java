package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.policy.Bundle;
import java.util.Base64;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups of approvers: part of the draft, published with it, and never of nobody. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GroupTest {
  private static final String GROUPS = "/api/v1/groups";
  private static final String WORKFLOWS = "/api/v1/approval-workflows";
  private static final String BUNDLES = "/api/v1/bundles";
  private static final String ASKS_SRE =
      "{\"tiers\": [{\"kind\": \"human\", \"approvers\": [\"group:sre\"], \"quorum\": %d}]}";

  @AutoClose private final TestServer server = new TestServer();

  private static String of(String... members) {
    return "{\"members\": [\"" + String.join("\", \"", members) + "\"]}";
  }

  private static String newMember(Tenant tenant, String name) {
    return newMember(tenant, name, "approver");
  }

  private static String newMember(Tenant tenant, String name, String role) {
    var made =
        tenant
            .owner()
            .post(
                "/api/v1/iam/members",
                "{\"name\": \"%s\", \"roles\": [\"%s\"]}".formatted(name, role));
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    return made.text("/id");
  }

  private static String owner(Tenant tenant) {
    return tenant.owner().get("/api/v1/iam/members").text("/items/0/id");
  }

  @Test
  void aGroupIsMadeChangedReadAndDeletedAndEachIsRecorded() {
    var tenant = server.newTenant();
    var owner = tenant.owner();
    var ann = newMember(tenant, "Ann");

    var made = owner.put(GROUPS + "/sre", of(ann));
    var changed = owner.put(GROUPS + "/sre", of(ann, newMember(tenant, "Bob")));

    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.header("location")).isEqualTo(GROUPS + "/sre");
    assertThat(made.text("/members/0")).isEqualTo(ann);
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.header("etag")).isEqualTo("\"2\"");
    assertThat(changed.at("/members")).hasSize(2);
    assertThat(owner.get(GROUPS).at("/items").findValuesAsText("name")).containsExactly("sre");
    assertThat(tenant.lastAudit("approver-group:put").path("resource").asText()).isEqualTo("sre");
    assertThat(owner.with("if-match", "\"1\"").delete(GROUPS + "/sre").status()).isEqualTo(412);
    assertThat(owner.delete(GROUPS + "/sre").status()).isEqualTo(204);
    assertThat(tenant.lastAudit("approver-group:delete").path("resource").asText())
        .isEqualTo("sre");
    assertThat(owner.get(GROUPS + "/sre").status()).isEqualTo(404);
  }

  @Test
  void aPublicationBringsItToTheEnclave() {
    var tenant = server.newTenant();
    var ann = newMember(tenant, "Ann");
    try (var enclave = tenant.newEnclave("main").connect()) {
      tenant.owner().put(GROUPS + "/sre", of(ann));
      tenant.owner().put(WORKFLOWS + "/payments", ASKS_SRE.formatted(1));

      var published = tenant.owner().post(BUNDLES, "{}");

      assertThat(published.text("/version")).as(published.text()).isEqualTo("2");
      var told =
          await()
              .until(
                  () -> enclave.command(LinkCommand.BundlePublished.class),
                  command -> command.version() == 2);
      var signed = enclave.http().get("/enclave/v1/bundles/" + told.digest());
      var bundle =
          Bundle.read(Base64.getUrlDecoder().decode(signed.text().split("\\.", -1)[1]))
              .orElseThrow();
      assertThat(bundle.groups()).hasSize(1);
      assertThat(bundle.groups().getFirst().members()).containsExactly(ann);
      assertThat(tenant.owner().get(BUNDLES + "/2").text("/groups/0/name")).isEqualTo("sre");
    }
  }

  private void isRefused(Tenant tenant, String pointer) {
    var refused = tenant.owner().post(BUNDLES, "{}");

    assertThat(refused.status()).as(refused.text()).isEqualTo(422);
    assertThat(refused.at("/errors").findValuesAsText("pointer")).contains(pointer);
    var record = tenant.lastAudit("bundle:refused");
    assertThat(record.path("verdict").asText()).isEqualTo("deny");
    assertThat(record.path("detail").asText()).contains(pointer + " ");
  }

  @Test
  void aTierThatNamesNobodyWhoIsThereIsNotPublished() {
    var tenant = server.newTenant();
    var ann = newMember(tenant, "Ann");
    tenant.owner().put(WORKFLOWS + "/payments", ASKS_SRE.formatted(1));
    isRefused(tenant, "/workflows/payments/tiers/0/approvers/0");

    tenant.owner().put(GROUPS + "/sre", of(ann));
    assertThat(tenant.owner().post(BUNDLES, "{}").status()).isIn(201, 202);

    tenant.owner().put(WORKFLOWS + "/payments", ASKS_SRE.formatted(2));
    isRefused(tenant, "/workflows/payments/tiers/0/approvers");

    tenant.owner().put(WORKFLOWS + "/payments", ASKS_SRE.formatted(1));
    assertThat(tenant.owner().delete("/api/v1/iam/members/" + ann).status()).isEqualTo(204);
    isRefused(tenant, "/workflows/payments/tiers/0/approvers");
    assertThat(tenant.owner().post(BUNDLES, "{\"rollback_to\": 2}").status())
        .as("what was published once comes back: nobody grants, and its time runs out")
        .isIn(201, 202);
  }

  @Test
  void removedMembersNamedThemselvesAreNobodyEither() {
    var tenant = server.newTenant();
    var ann = newMember(tenant, "Ann");
    tenant
        .owner()
        .put(
            WORKFLOWS + "/payments",
            "{\"tiers\": [{\"kind\": \"human\", \"approvers\": [\"%s\"]}]}".formatted(ann));
    assertThat(tenant.owner().post(BUNDLES, "{}").status()).isIn(201, 202);

    tenant.owner().delete("/api/v1/iam/members/" + ann);

    isRefused(tenant, "/workflows/payments/tiers/0/approvers");
  }

  @Test
  void whoMayNotDecideIsNobodyInATier() {
    var tenant = server.newTenant();
    var vic = newMember(tenant, "Vic", "viewer");
    tenant.owner().put(GROUPS + "/sre", of(vic));
    tenant.owner().put(WORKFLOWS + "/payments", ASKS_SRE.formatted(1));
    isRefused(tenant, "/workflows/payments/tiers/0/approvers");

    tenant.owner().put(GROUPS + "/sre", of(vic, newMember(tenant, "Ann")));

    assertThat(tenant.owner().post(BUNDLES, "{}").status()).isIn(201, 202);
  }

  @Test
  void aTierThatNamesNobodyTakesNoMoreThanMayDecide() {
    var tenant = server.newTenant();
    newMember(tenant, "Adam", "admin");
    tenant
        .owner()
        .put(WORKFLOWS + "/payments", "{\"tiers\": [{\"kind\": \"human\", \"quorum\": 2}]}");
    isRefused(tenant, "/workflows/payments/tiers/0/quorum");

    newMember(tenant, "Ann");

    assertThat(tenant.owner().post(BUNDLES, "{}").status()).isIn(201, 202);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"members\": []}",
        "{\"members\": [\"owner\"]}",
        "{\"members\": [\"group:other\"]}",
        "{\"members\": [\"model:anthropic/claude\"]}",
        "{\"members\": [null]}"
      })
  void onlyMembersAndClientsAreInGroups(String body) {
    var reply = server.newTenant().owner().put(GROUPS + "/sre", body);

    assertThat(reply.status()).as(reply.text()).isEqualTo(422);
  }

  @Test
  void strangersAreNobodyHere() {
    var tenant = server.newTenant();
    var theirs = newMember(server.newTenant(), "Mallory");

    var foreign = tenant.owner().put(GROUPS + "/sre", of(owner(tenant), theirs));
    var missing =
        tenant
            .owner()
            .put(GROUPS + "/sre", of(owner(tenant), MemberId.next(server.clock).toString()));
    var client = tenant.owner().put(GROUPS + "/sre", of(ClientId.next(server.clock).toString()));

    assertThat(foreign.status()).isEqualTo(422);
    assertThat(foreign.text("/errors/0/pointer")).isEqualTo("/members/1");
    assertThat(foreign.at("/errors")).isEqualTo(missing.at("/errors"));
    assertThat(client.status()).isEqualTo(422);
  }

  @Test
  void onlyThosePermittedSeeAndChangeThem() {
    var tenant = server.newTenant();
    var group = of(owner(tenant));
    tenant.owner().put(GROUPS + "/sre", group);

    assertThat(tenant.clientWith("policies:read").put(GROUPS + "/sre", group).status())
        .isEqualTo(403);
    assertThat(tenant.clientWith("policies:read").get(GROUPS + "/sre").status()).isEqualTo(200);
    assertThat(tenant.clientWith("members:manage").get(GROUPS).status()).isEqualTo(403);
    assertThat(server.newTenant().owner().get(GROUPS + "/sre").status()).isEqualTo(404);
    assertThat(server.newTenant().owner().delete(GROUPS + "/sre").status()).isEqualTo(404);
  }
}
