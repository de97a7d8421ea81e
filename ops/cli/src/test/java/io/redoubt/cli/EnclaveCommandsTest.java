package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.list;
import static io.redoubt.cli.FakeServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.json.Json;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class EnclaveCommandsTest extends LoggedIn {
  private static final String ENCLAVES = "/api/v1/enclaves";
  private static final String ENCLAVE =
      """
      {"id":"enc_1","name":"eu-1","last_contact_at":"2026-01-01T00:00:00Z","lag":0,
       "bundle_version":7}\
      """;

  @Test
  void enclavesAreListedWithHowFarTheyAre() throws IOException {
    server.on("GET " + ENCLAVES, list(ENCLAVE));

    assertThat(machine.type("enclave", "list")).isZero();
    assertThat(machine.out().lines())
        .containsExactly(
            "ID     NAME  LAST CONTACT AT       LAG  BUNDLE VERSION",
            "enc_1  eu-1  2026-01-01T00:00:00Z  0    7");

    assertThat(machine.type("enclave", "list", "-o", "json")).isZero();
    assertThat(Json.LENIENT.readTree(machine.out()).path("items").path(0))
        .isEqualTo(Json.LENIENT.readTree(ENCLAVE));
  }

  @Test
  void anEnrolledEnclavesKeyIsShownOnce() throws IOException {
    server.on(
        "POST " + ENCLAVES, json(201, "{\"enclave\":" + ENCLAVE + ",\"api_key\":\"rde_the key\"}"));

    assertThat(machine.type("enclave", "enroll", "eu-1")).isZero();
    assertThat(machine.out()).contains("Enrolled eu-1 (enc_1).").containsOnlyOnce("rde_the key");
    assertThat(machine.err()).doesNotContain("rde_the key");
    assertThat(server.requests().getLast().body()).isEqualTo("{\"name\":\"eu-1\"}");
    assertThat(server.requests().getLast().header("Idempotency-Key")).isNotEmpty();

    assertThat(machine.type("enclave", "enroll", "eu-1", "-o", "json")).isZero();
    assertThat(Json.LENIENT.readTree(machine.out()).path("api_key").asText())
        .isEqualTo("rde_the key");
  }

  @Test
  void anEnclaveIsDeletedByNameOrId() {
    server.on("GET " + ENCLAVES, list(ENCLAVE)).on("DELETE " + ENCLAVES + "/enc_1", json(204, ""));

    assertThat(machine.type("enclave", "delete", "eu-1")).isZero();
    assertThat(machine.out()).contains("Enclave eu-1 is gone.");
    assertThat(machine.type("enclave", "delete", "enc_1")).isZero();
    assertThat(machine.type("enclave", "delete", "us-1")).isEqualTo(4);
    assertThat(machine.type("enclave", "delete")).isEqualTo(2);

    server.on("DELETE " + ENCLAVES + "/enc_1", problem(409, "Conflict", "Agents: 3."));
    assertThat(machine.type("enclave", "delete", "eu-1")).isEqualTo(1);
    assertThat(machine.err()).contains("Agents: 3.");
  }

  @Test
  void theExitCodeSaysWhatWentWrong() {
    assertThat(machine.type("enclave", "enroll")).isEqualTo(2);
    assertThat(machine.type("enclave", "list")).isEqualTo(4);

    server
        .on("GET " + ENCLAVES, problem(403, "The caller lacks the permission", "enclaves:read"))
        .on("POST " + ENCLAVES, problem(409, "That is taken", "eu-1"));
    assertThat(machine.type("enclave", "list")).isEqualTo(3);
    assertThat(machine.err()).contains("enclaves:read");
    assertThat(machine.type("enclave", "enroll", "eu-1")).isEqualTo(1);
    assertThat(machine.err()).contains("That is taken");

    server.close();
    assertThat(machine.type("enclave", "list")).isEqualTo(5);
    assertThat(machine.type("enclave", "enroll", "eu-1")).isEqualTo(5);
  }
}
