package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.ProviderSpec;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.junit.jupiter.api.Test;

/** What outlives a process, and what the database itself refuses. */
class RestartTest {

  @Test
  void everythingIsStillThereAfterARestart() {
    try (var server = new TestServer()) {
      var tenant = server.newTenant("acme");
      tenant
          .owner()
          .put(
              "/api/v1/providers/p",
              "{\"kind\": \"openai\", \"base_url\": \"https://a.b/v1\", \"api_key\": \"secret\"}");
      var key = server.controlPlane().bootstrap().ensureEnclave(tenant.id(), "local");
      String agent = tenant.newAgent("survivor");
      String path = "/api/v1/agents/" + agent;
      var pending = tenant.owner().post(path + "/isolate", "{\"reason\": \"r\"}");
      String token = server.token("cli_x", "", null).text("/error");
      assertThat(token).isEqualTo("invalid_client");

      server.restart();

      var again = server.newTenant("acme");
      assertThat(again.id()).isEqualTo(tenant.id());
      assertThat(again.owner().get(path).text("/isolations/0/id"))
          .isEqualTo(pending.text("/isolation_id"));
      assertThat(again.owner().get("/api/v1/iam/members").at("/items")).hasSize(1);
      assertThat(again.owner().get("/api/v1/iam/clients").at("/items")).hasSize(1);
      try (var enclave =
          new EnclaveClient(server.url(), key.enclaveId().toString(), key.apiKey().reveal())) {
        enclave.connect();
        assertThat(enclave.command(LinkCommand.Isolate.class).isolationId().toString())
            .isEqualTo(pending.text("/isolation_id"));
        enclave.await(LinkCommand.PutProvider.class);
      }
      assertThat(again.lastAudit("agent:isolate").path("agent_id").asText()).isEqualTo(agent);
    }
  }

  @Test
  void eachStartGivesNewSecretsAndEndsTheOld() {
    try (var server = new TestServer()) {
      var bootstrap = server.controlPlane().bootstrap();
      var organization = bootstrap.ensureOrganization("acme");
      var first = bootstrap.ensureOwner(organization, "Olivia");
      var key = bootstrap.ensureEnclave(organization, "local");

      var second = bootstrap.ensureOwner(organization, "Olivia");
      var rotated = bootstrap.ensureEnclave(organization, "local");

      assertThat(bootstrap.ensureOrganization("acme")).isEqualTo(organization);
      assertThat(second.clientId()).isEqualTo(first.clientId());
      assertThat(rotated.enclaveId()).isEqualTo(key.enclaveId());
      assertThat(
              server
                  .token(first.clientId().toString(), first.clientSecret().reveal(), null)
                  .status())
          .isEqualTo(401);
      assertThat(
              server
                  .token(second.clientId().toString(), second.clientSecret().reveal(), null)
                  .status())
          .isEqualTo(200);
      assertThat(first.toString()).doesNotContain("rdc_");
    }
  }

  @Test
  void simulatedProvidersAreLabelledReachTheEnclaveAndGoAgain() {
    try (var server = new TestServer()) {
      var tenant = server.newTenant();
      try (var enclave = tenant.newEnclave("main").connect()) {
        server
            .controlPlane()
            .bootstrap()
            .ensureSimulatedProviders(
                tenant.id(), Map.of(ProviderSpec.Kind.ANTHROPIC, URI.create("http://127.0.0.1:1")));

        assertThat(enclave.command(LinkCommand.PutProvider.class).provider().simulated()).isTrue();
        var shown = tenant.owner().get("/api/v1/providers/simulated-anthropic");
        assertThat(shown.at("/simulated").asBoolean()).isTrue();
        tenant
            .owner()
            .put(
                "/api/v1/providers/real",
                "{\"kind\": \"openai\", \"base_url\": \"https://a.b/v1\", \"api_key\": \"k\"}");

        server.controlPlane().bootstrap().removeSimulatedProviders(tenant.id());

        assertThat(enclave.command(LinkCommand.DeleteProvider.class).name())
            .isEqualTo("simulated-anthropic");
        var left = tenant.owner().get("/api/v1/providers").at("/items");
        assertThat(left.findValuesAsText("name")).containsExactly("real");
      }
    }
  }

  @Test
  void whileTheDatabaseIsAwayCallersAreToldToComeBackAndThenAllIsWell() {
    try (var server = new TestServer();
        var migrator =
            Database.open(
                server.postgres.config(DatabaseRole.MIGRATOR, 1), new SimpleMeterRegistry())) {
      var tenant = server.newTenant();
      allow(migrator, false);
      cutConnections(server);

      var reply = tenant.owner().get("/api/v1/agents");

      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.problem()).isEqualTo("unavailable");
      assertThat(reply.header("retry-after")).isNotEmpty();
      assertThat(server.anybody().get("/ready").status()).isEqualTo(503);
      assertThat(server.anybody().get("/alive").status()).isEqualTo(200);

      allow(migrator, true);

      await().until(() -> tenant.owner().get("/api/v1/agents").status() == 200);
      await().until(() -> server.anybody().get("/ready").status() == 200);
    }
  }

  private static void allow(Database migrator, boolean connect) {
    String database =
        migrator.inTransactionBlocking(
            handle -> handle.createQuery("SELECT current_database()").mapTo(String.class).one());
    String statement =
        connect
            ? "GRANT CONNECT ON DATABASE <database> TO redoubt_control"
            : "REVOKE CONNECT ON DATABASE <database> FROM PUBLIC, redoubt_control";
    int _ =
        migrator.inTransactionBlocking(
            handle -> handle.createUpdate(statement).define("database", database).execute());
  }

  private static void cutConnections(TestServer server) {
    long _ =
        server
            .database()
            .inTransactionBlocking(handle ->
                handle
                    .createQuery(
                        """
                        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                        WHERE usename = current_user AND datname = current_database()
                          AND pid <> pg_backend_pid()
                        """)
                    .mapTo(Long.class)
                    .one());
    try {
      // The last one ends itself.
      Object _ =
          server
              .database()
              .inTransactionBlocking(handle ->
                  handle
                      .createQuery("SELECT pg_terminate_backend(pg_backend_pid())")
                      .mapTo(Boolean.class)
                      .one());
    } catch (RuntimeException _) {
      // as it should
    }
  }

  @Test
  void theDatabaseItselfKeepsTenantsApartAndAuditAsItIs() {
    try (var server = new TestServer()) {
      var tenant = server.newTenant();
      tenant.newEnclave("main");
      tenant.newAgent("a");
      var other = server.newTenant();
      var database = server.database();

      for (String table :
          new String[] {
            "organization",
            "member",
            "role_binding",
            "oauth_client",
            "enclave",
            "enclave_organization",
            "enclave_command",
            "agent",
            "isolation",
            "lifecycle_order",
            "provider",
            "connector",
            "audit_record",
            "audit_outcome",
            "audit_cursor",
            "usage_day",
            "idempotency_key",
            "organization_key"
          }) {
        long seen =
            database.inTransactionBlocking(handle ->
                handle
                    .createQuery("SELECT count(*) FROM control.<table>")
                    .define("table", table)
                    .mapTo(Long.class)
                    .one());
        assertThat(seen).as(table).isZero();
      }
      assertThat(server.count(other.id(), "SELECT count(*) FROM control.agent")).isZero();
      assertThat(server.count(other.id(), "SELECT count(*) FROM control.enclave")).isZero();
      assertThat(server.count(tenant.id(), "SELECT count(*) FROM control.agent")).isEqualTo(1);
      for (String attempt :
          new String[] {
            "UPDATE control.audit_record SET verdict = 'permit'",
            "DELETE FROM control.audit_record",
            "TRUNCATE control.audit_record",
            "DELETE FROM control.agent",
            "DELETE FROM control.member",
            "INSERT INTO control.enclave_command VALUES (gen_random_uuid(), 1, gen_random_uuid(),"
                + " 'x', '{}', now(), NULL)",
            "SELECT last_number FROM control.enclave_command_counter",
            "SELECT count(*) FROM enclave.audit"
          }) {
        assertThatThrownBy(() ->
                database.inOrganizationBlocking(tenant.id(), handle -> handle.execute(attempt)))
            .as(attempt)
            .isInstanceOf(UnableToExecuteStatementException.class)
            .hasMessageContaining("permission denied");
      }
      // An organization cannot speak to an enclave that does not serve it.
      String enclave = tenant.owner().get("/api/v1/enclaves").text("/items/0/id");
      assertThatThrownBy(() ->
              database.inOrganizationBlocking(
                  other.id(),
                  handle ->
                      handle
                          .createQuery("SELECT control.append_command(:enclave, 'x', '{}', now())")
                          .bind("enclave", EnclaveId.parse(enclave).uuid())
                          .mapTo(Long.class)
                          .one()))
          .hasMessageContaining("foreign key");
    }
  }

  @Test
  void auditCannotBeChangedEvenByTheOwnerOfItsTable() {
    try (var server = new TestServer()) {
      var tenant = server.newTenant();
      assertThat(tenant.audit("")).isNotEmpty();
      try (var migrator =
          Database.open(
              server.postgres.config(DatabaseRole.MIGRATOR, 1), new SimpleMeterRegistry())) {
        for (String attempt :
            new String[] {
              "UPDATE control.audit_record SET verdict = 'permit'",
              "DELETE FROM control.audit_record",
              "TRUNCATE control.audit_record",
              "DELETE FROM control.audit_outcome",
              "UPDATE control.policy_bundle SET digest = ''"
            }) {
          assertThatThrownBy(
                  () -> migrator.inTransactionBlocking(handle -> handle.execute(attempt)))
              .hasMessageContaining("append-only");
        }
      }
    }
  }

  @Test
  void commandsOfAnotherProcessReachAnEnclaveThatListensHere() {
    try (var server = new TestServer()) {
      var tenant = server.newTenant();
      try (var enclave = tenant.newEnclave("main").connect()) {
        await().until(() -> enclave.commands.size() == 3);

        // Straight into the table, as another control-plane process would: no signal in this one.
        long number =
            server
                .database()
                .inOrganizationBlocking(
                    tenant.id(),
                    handle ->
                        handle
                            .createQuery(
                                """
                                SELECT control.append_command(:enclave, 'provider.delete',
                                  '{"kind": "provider.delete", "name": "x", "version": 1}', now())
                                """)
                            .bind("enclave", EnclaveId.parse(enclave.id).uuid())
                            .mapTo(Long.class)
                            .one());

        assertThat(enclave.await(LinkCommand.DeleteProvider.class).number()).isEqualTo(number);
      }
    }
  }

  /** The release before did not say who is behind a client, and nothing has changed since. */
  @Test
  void anEnclaveThatWasToldLessHearsWhomToBelieveOnceMoreAfterAnUpdate() {
    try (var server = new TestServer()) {
      var tenant = server.newTenant();
      var told = tenant.newEnclave("told-less");
      tenant.newEnclave("told-all");
      try (var migrator = server.migrator()) {
        wasToldLess(migrator, told);
      }

      server.restart();

      try (var enclave = told.at(server.url()).connect()) {
        await().until(() -> trusts(enclave).size() == 2);
        assertThat(trusts(enclave).getFirst().clients().getFirst().subject()).isNull();
        assertThat(trusts(enclave).getLast().clients())
            .isNotEmpty()
            .allSatisfy(client -> assertThat(client.subject()).isNotNull());
      }
      String sql = "SELECT count(*) FROM control.enclave_command WHERE kind = 'operator-trust.put'";
      assertThat(server.count(tenant.id(), sql)).as("the other one knows it all").isEqualTo(3);
    }
  }

  @Test
  void anOrganizationThatCannotBeReadKeepsNoOtherFromHearingWhomToBelieve() {
    try (var server = new TestServer("redoubt.control-plane.keys.tend-every = 200 ms")) {
      var broken = server.newTenant();
      var whole = server.newTenant();
      assertThat(broken.id().toString()).as("its turn is first").isLessThan(whole.id().toString());
      var waits = broken.newEnclave("waits");
      var hears = whole.newEnclave("hears");
      try (var migrator = server.migrator()) {
        wasToldLess(migrator, waits);
        wasToldLess(migrator, hears);
        permissions(migrator, broken, "jsonb_build_object('were', permissions)");

        server.restart();

        try (var enclave = hears.at(server.url()).connect()) {
          await().until(() -> trusts(enclave).size() == 2);
        }
        try (var enclave = waits.at(server.url()).connect()) {
          await().until(() -> trusts(enclave).size() == 1);

          permissions(migrator, broken, "permissions -> 'were'");

          await().until(() -> trusts(enclave).size() == 2);
        }
      }
    }
  }

  /** As by a release that does not say who is behind a client. */
  private static void wasToldLess(Database migrator, EnclaveClient enclave) {
    int changed =
        migrator.inTransactionBlocking(handle ->
            handle
                .createUpdate(
                    """
                    UPDATE control.enclave_command
                    SET payload = jsonb_set(payload, '{clients,0,subject}', 'null')
                    WHERE kind = 'operator-trust.put' AND enclave_id = :enclave
                    """)
                .bind("enclave", EnclaveId.parse(enclave.id).uuid())
                .execute());
    assertThat(changed).isEqualTo(1);
  }

  private static void permissions(Database migrator, Tenant tenant, String become) {
    int changed =
        migrator.inTransactionBlocking(handle ->
            handle
                .createUpdate(
                    "UPDATE control.oauth_client SET permissions = <become>"
                        + " WHERE organization_id = :organization")
                .define("become", become)
                .bind("organization", tenant.id().uuid())
                .execute());
    assertThat(changed).isEqualTo(1);
  }

  private static List<LinkCommand.PutOperatorTrust> trusts(EnclaveClient enclave) {
    return enclave.commands.stream()
        .map(CommandEnvelope::command)
        .filter(LinkCommand.PutOperatorTrust.class::isInstance)
        .map(LinkCommand.PutOperatorTrust.class::cast)
        .toList();
  }
}
