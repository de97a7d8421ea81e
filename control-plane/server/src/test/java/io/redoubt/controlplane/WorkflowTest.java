package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.policy.Bundle;
import java.util.Base64;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is asked where policies want an approval: part of the draft, published with it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WorkflowTest {
  private static final String WORKFLOWS = "/api/v1/approval-workflows";
  private static final String TWO_TIERS =
      """
      {"tiers": [
         {"kind": "human", "approvers": ["owner"], "quorum": 1, "timeout_seconds": 60,
          "on_timeout": "next"},
         {"kind": "human", "quorum": 2, "timeout_seconds": 600, "exclude_owner": true,
          "veto": false}],
       "uses": 3, "window_seconds": 1800}
      """;

  private static final String JUDGE =
      "{\"tiers\": [{\"kind\": \"llm_judge\", \"provider\": \"anthropic\", \"model\": \"claude\"";

  @AutoClose private final TestServer server = new TestServer();

  @Test
  void aWorkflowIsMadeChangedReadAndDeletedAndEachIsRecorded() {
    var tenant = server.newTenant();
    var owner = tenant.owner();

    var made = owner.put(WORKFLOWS + "/payments", TWO_TIERS);
    var changed = owner.put(WORKFLOWS + "/payments", "{\"tiers\": [{\"kind\": \"human\"}]}");

    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.header("location")).isEqualTo(WORKFLOWS + "/payments");
    assertThat(made.text("/tiers/0/approvers/0")).isEqualTo("owner");
    assertThat(made.text("/tiers/1/on_timeout")).isEqualTo("deny");
    assertThat(made.at("/tiers/1/veto").asBoolean()).isFalse();
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.header("etag")).isEqualTo("\"2\"");
    assertThat(changed.at("/tiers/0/timeout_seconds").asInt()).isEqualTo(900);
    assertThat(changed.at("/uses").asInt()).isEqualTo(1);
    assertThat(owner.get(WORKFLOWS).at("/items").findValuesAsText("name"))
        .containsExactly("payments");
    assertThat(tenant.lastAudit("approval-workflow:put").path("resource").asText())
        .isEqualTo("payments");
    assertThat(owner.with("if-match", "\"1\"").delete(WORKFLOWS + "/payments").status())
        .isEqualTo(412);
    assertThat(owner.delete(WORKFLOWS + "/payments").status()).isEqualTo(204);
    assertThat(owner.get(WORKFLOWS + "/payments").status()).isEqualTo(404);
  }

  @Test
  void aModelIsAskedBeforePeople() {
    var owner = server.newTenant().owner();

    var made =
        owner.put(
            WORKFLOWS + "/judged",
            JUDGE
                + ", \"settles\": [\"deny\", \"approve\"], \"max_risk\": 40}, {\"kind\": \"human\"}]}");

    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.text("/tiers/0/kind")).isEqualTo("llm_judge");
    assertThat(made.text("/tiers/0/on_timeout")).isEqualTo("next");
    assertThat(made.at("/tiers/0/timeout_seconds").asInt()).isEqualTo(20);
    assertThat(made.at("/tiers/0/min_confidence").asInt()).isEqualTo(70);
    assertThat(made.at("/tiers/0/max_risk").asInt()).isEqualTo(40);
    assertThat(made.at("/tiers/1").has("max_risk")).isFalse();
    assertThat(
            owner
                .put(WORKFLOWS + "/never", JUDGE + ", \"settles\": [\"deny\"]}]}")
                .text("/tiers/0/on_timeout"))
        .as("one that can only deny may be the last")
        .isEqualTo("deny");
  }

  @Test
  void aPublicationBringsItToTheEnclave() {
    var tenant = server.newTenant();
    tenant.owner().post("/api/v1/iam/members", "{\"name\": \"Ann\", \"roles\": [\"approver\"]}");
    try (var enclave = tenant.newEnclave("main").connect()) {
      tenant.owner().put(WORKFLOWS + "/payments", TWO_TIERS);

      tenant.owner().post("/api/v1/bundles", "{}");

      var told =
          await()
              .until(
                  () -> enclave.command(LinkCommand.BundlePublished.class),
                  command -> command.version() == 2);
      var signed = enclave.http().get("/enclave/v1/bundles/" + told.digest());
      var bundle =
          Bundle.read(Base64.getUrlDecoder().decode(signed.text().split("\\.", -1)[1]))
              .orElseThrow();
      assertThat(bundle.workflows()).hasSize(1);
      assertThat(bundle.workflows().getFirst().name()).isEqualTo("payments");
      assertThat(bundle.workflows().getFirst().tiers()).hasSize(2);
      assertThat(bundle.workflows().getFirst().uses()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | /tiers",
        "{\"tiers\": []} | /tiers",
        "{\"tiers\": [{}]} | /tiers/0/kind",
        "{\"tiers\": [{\"kind\": \"llm_judge\"}]} | /tiers/0/provider",
        JUDGE + ", \"settles\": []}, {\"kind\": \"human\"}]} | /tiers/0/settles",
        JUDGE + ", \"settles\": [\"deny\", \"deny\"]}]} | /tiers/0/settles",
        JUDGE + ", \"settles\": [\"approve\"]}, {\"kind\": \"human\"}]} | /tiers/0/max_risk",
        JUDGE + ", \"settles\": [\"deny\"], \"max_risk\": 5}]} | /tiers/0/max_risk",
        JUDGE + ", \"settles\": [\"approve\"], \"max_risk\": 101}]} | /tiers/0/max_risk",
        JUDGE + ", \"settles\": [\"deny\"], \"min_confidence\": 101}]} | /tiers/0/min_confidence",
        JUDGE + ", \"settles\": [\"deny\"], \"timeout_seconds\": 301}]} | /tiers/0/timeout_seconds",
        JUDGE + ", \"settles\": [\"deny\"], \"quorum\": 1}]} | /tiers/0/quorum",
        JUDGE + ", \"settles\": [\"deny\"], \"approvers\": [\"owner\"]}]} | /tiers/0/approvers",
        // A model that may approve never decides in people's stead.
        JUDGE + ", \"settles\": [\"approve\"], \"max_risk\": 40}]} | /tiers",
        "{\"tiers\": [{\"kind\": \"human\", \"on_timeout\": \"next\"}, {\"kind\": \"llm_judge\","
            + " \"provider\": \"a\", \"model\": \"m\", \"settles\": [\"approve\"], \"max_risk\": 9,"
            + " \"on_timeout\": \"next\"}, {\"kind\": \"human\"}]} | /tiers",
        "{\"tiers\": [{\"kind\": \"human\", \"provider\": \"a\"}]} | /tiers/0/provider",
        "{\"tiers\": [{\"kind\": \"human\", \"max_risk\": 4}]} | /tiers/0/max_risk",
        "{\"tiers\": [{\"kind\": \"human\", \"step_up_seconds\": 14}]} | /tiers/0/step_up_seconds",
        "{\"tiers\": [{\"kind\": \"human\", \"step_up_seconds\": 901}]} | /tiers/0/step_up_seconds",
        "{\"tiers\": [{\"kind\": \"human\", \"step_up_risk\": 50}]} | /tiers/0/step_up_risk",
        "{\"tiers\": [{\"kind\": \"human\", \"step_up_seconds\": 60, \"step_up_risk\": 101}]}"
            + " | /tiers/0/step_up_risk",
        JUDGE + ", \"settles\": [\"deny\"], \"step_up_seconds\": 60}]} | /tiers/0/step_up_seconds",
        "{\"tiers\": [{\"kind\": \"human\", \"quorum\": 0}]} | /tiers/0/quorum",
        "{\"tiers\": [{\"kind\": \"human\", \"approvers\": [\"owner\"], \"quorum\": 2}]}"
            + " | /tiers/0/quorum",
        "{\"tiers\": [{\"kind\": \"human\", \"approvers\": [\"owner\"], \"exclude_owner\": true}]}"
            + " | /tiers/0/quorum",
        "{\"tiers\": [{\"kind\": \"human\", \"approvers\": [\"everybody\"]}]}"
            + " | /tiers/0/approvers/0",
        "{\"tiers\": [{\"kind\": \"human\", \"on_timeout\": \"next\"}]} | /tiers/0/on_timeout",
        "{\"tiers\": [{\"kind\": \"human\", \"timeout_seconds\": 0}]} | /tiers/0/timeout_seconds",
        "{\"tiers\": [{\"kind\": \"human\"}], \"uses\": 0} | /uses",
        "{\"tiers\": [{\"kind\": \"human\"}], \"window_seconds\": 90000} | /window_seconds",
      })
  void whatNobodyCouldGrantIsRefusedWithPointers(String body, String pointer) {
    var reply = server.newTenant().owner().put(WORKFLOWS + "/payments", body);

    assertThat(reply.status()).as(reply.text()).isEqualTo(422);
    assertThat(reply.at("/errors").findValuesAsText("pointer")).contains(pointer);
  }

  @Test
  void onlyThosePermittedSeeAndChangeThem() {
    var tenant = server.newTenant();
    tenant.owner().put(WORKFLOWS + "/payments", TWO_TIERS);

    assertThat(tenant.clientWith("policies:read").put(WORKFLOWS + "/payments", TWO_TIERS).status())
        .isEqualTo(403);
    assertThat(tenant.clientWith("approvals:decide").get(WORKFLOWS).status()).isEqualTo(403);
    assertThat(server.newTenant().owner().get(WORKFLOWS + "/payments").status()).isEqualTo(404);
  }

  @Test
  void whomThePlatformAsksNoOrganizationSays() {
    var reply =
        server
            .newTenant()
            .owner()
            .put(WORKFLOWS + "/platform.default", "{\"tiers\": [{\"kind\": \"human\"}]}");

    assertThat(reply.status()).as(reply.text()).isEqualTo(422);
    assertThat(reply.text("/errors/0/pointer")).isEqualTo("name");
  }
}
