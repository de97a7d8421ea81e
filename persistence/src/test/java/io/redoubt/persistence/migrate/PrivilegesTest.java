package io.redoubt.persistence.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.id.OrganizationId;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each role may do, asked of the database itself (G7, G10). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrivilegesTest {
  private static final OrganizationId ACME = OrganizationId.next(InstantSource.system());
  private static final OrganizationId GLOBEX = OrganizationId.next(InstantSource.system());

  private TemporaryDatabase temporary;
  private Database migrator;
  private Database enclave;
  private Database control;

  @BeforeAll
  void start() {
    temporary = TemporaryDatabase.create();
    migrator = open(DatabaseRole.MIGRATOR);
    enclave = open(DatabaseRole.ENCLAVE);
    control = open(DatabaseRole.CONTROL);
    writeAudit(ACME);
    writeAudit(GLOBEX);
  }

  @AfterAll
  void stop() {
    List.of(migrator, enclave, control).forEach(Database::close);
    temporary.close();
  }

  @Test
  void everyTableWithAnOrganizationIsUnderForcedRowLevelSecurity() {
    List<String> open =
        strings(
            migrator,
            """
            SELECT c.oid::regclass::text
              FROM pg_class c
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
             WHERE c.relkind IN ('r', 'p')
               AND NOT (c.relrowsecurity AND c.relforcerowsecurity
                        AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
            """);
    List<String> closed =
        strings(
            migrator,
            """
            SELECT c.oid::regclass::text FROM pg_class c
             WHERE c.relrowsecurity AND c.relforcerowsecurity
            """);

    assertThat(open).isEmpty();
    assertThat(closed).contains("enclave.audit", "enclave.provider", "enclave.payload");
  }

  @ParameterizedTest
  @EnumSource(
      value = DatabaseRole.class,
      names = {"CONTROL", "ENCLAVE"})
  void noServiceIsAboveRowLevelSecurity(DatabaseRole role) {
    assertThat(
            strings(
                migrator,
                "SELECT rolname FROM pg_roles WHERE rolname LIKE 'redoubt\\_%'"
                    + " AND rolname <> 'redoubt_admin' AND (rolsuper OR rolbypassrls"
                    + " OR rolcreaterole OR rolcreatedb OR rolreplication)"))
        .doesNotContain(role.user())
        .isEmpty();
  }

  @Test
  void withoutAnOrganizationNothingIsSeen() {
    long withAnEmptyOne =
        enclave.inTransactionBlocking(handle -> {
          handle.execute("SELECT set_config('redoubt.organization', '', true)");
          return handle.createQuery("SELECT count(*) FROM enclave.audit").mapTo(Long.class).one();
        });

    assertThat(count(enclave, "SELECT count(*) FROM enclave.audit")).isZero();
    assertThat(withAnEmptyOne).isZero();
  }

  @Test
  void anOrganizationSeesItsOwnRowsOnly() {
    long own =
        enclave.inOrganizationBlocking(
            ACME,
            handle ->
                handle.createQuery("SELECT count(*) FROM enclave.audit").mapTo(Long.class).one());
    long foreign =
        enclave.inOrganizationBlocking(
            ACME,
            handle ->
                handle
                    .createQuery("SELECT count(*) FROM enclave.audit WHERE organization_id = :o")
                    .bind("o", GLOBEX.uuid())
                    .mapTo(Long.class)
                    .one());

    assertThat(own).isEqualTo(1);
    assertThat(foreign).isZero();
  }

  @Test
  void theOrganizationDoesNotOutliveItsTransaction() {
    try (var single =
        Database.open(temporary.config(DatabaseRole.ENCLAVE, 1), new SimpleMeterRegistry())) {
      single.inOrganizationBlocking(ACME, handle -> handle.execute("SELECT 1"));

      assertThat(count(single, "SELECT count(*) FROM enclave.audit")).isZero();
    }
  }

  @Test
  void nobodyWritesAnotherOrganizationsRows() {
    assertThatThrownBy(() ->
            enclave.inOrganizationBlocking(
                ACME,
                handle ->
                    handle
                        .createUpdate(
                            "INSERT INTO enclave.organization VALUES (:o, 1, '{}'::jsonb)")
                        .bind("o", GLOBEX.uuid())
                        .execute()))
        .hasMessageContaining("row-level security");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE enclave.audit SET document = ''",
        "DELETE FROM enclave.audit",
        "TRUNCATE enclave.audit",
        "INSERT INTO enclave.audit (organization_id, id, epoch, half, awaits_outcome, incarnation,"
            + " at, document) VALUES (gen_random_uuid(), gen_random_uuid(), 1, 1, false, 1, now(),"
            + " '')",
        "DELETE FROM enclave.event_journal",
        "UPDATE enclave.event_journal SET deleted = true",
        "UPDATE enclave.agent_fence SET fence = 0",
        "INSERT INTO enclave.agent_fence VALUES (gen_random_uuid(), gen_random_uuid(), 1)",
        "UPDATE enclave.audit_cursor SET number = 0",
        "DELETE FROM enclave.provider",
        "DELETE FROM enclave.payload",
        "DELETE FROM enclave.policy_bundle",
        "UPDATE enclave.command_set_aside SET envelope = '{}'",
        "SELECT * FROM control.policy",
        "SELECT * FROM control.organization",
        "CREATE TABLE enclave.mine (x int)",
        "CREATE TABLE public.mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
        "CREATE SCHEMA mine",
        "ALTER TABLE enclave.audit DISABLE ROW LEVEL SECURITY",
        "DROP TABLE enclave.audit",
        "DELETE FROM migration.flyway_schema_history",
        "SET ROLE redoubt_migrator",
        "SET session_replication_role = replica",
      })
  void theEnclaveMayNot(String statement) {
    assertThatThrownBy(
            () -> enclave.inOrganizationBlocking(ACME, handle -> handle.execute(statement)))
        .hasMessageMatching("(?s).*(permission denied|must be owner).*");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT * FROM enclave.audit",
        "SELECT * FROM enclave.event_journal",
        "SELECT * FROM enclave.snapshot",
        "SELECT * FROM enclave.all_providers()",
        "SELECT * FROM enclave.all_connectors()",
        "SELECT * FROM enclave.commands_set_aside(1)",
        "SELECT * FROM enclave.policy_bundle",
        "UPDATE control.policy_bundle SET payload = ''",
        "DELETE FROM control.policy",
        "DELETE FROM control.policy_part",
        "UPDATE control.floor SET documents = '[]'",
        "DELETE FROM control.floor",
        "DELETE FROM control.approval",
        "SELECT enclave.raise_fence(gen_random_uuid(), gen_random_uuid(), 1)",
        "CREATE TABLE control.mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
      })
  void theControlPlaneMayNot(String statement) {
    assertThatThrownBy(
            () -> control.inOrganizationBlocking(ACME, handle -> handle.execute(statement)))
        .hasMessageContaining("permission denied");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE enclave.audit SET document = ''",
        "DELETE FROM enclave.audit",
        "TRUNCATE enclave.audit",
      })
  void notEvenTheOwnerChangesWhatIsAudited(String statement) {
    assertThatThrownBy(() -> migrator.inTransactionBlocking(handle -> handle.execute(statement)))
        .hasMessageContaining("append-only");
  }

  @Test
  void theFunctionsThatSeeEveryOrganizationAreTheListedOnes() {
    List<String> enclaveOwn =
        strings(
            migrator,
            """
            SELECT p.proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE p.prosecdef AND n.nspname = 'enclave'
            """);

    assertThat(enclaveOwn)
        .containsExactlyInAnyOrder(
            "enter_epoch",
            "write_audit",
            "raise_fence",
            "close_incarnation",
            "audited_organizations",
            "open_intents",
            "open_among",
            "organizations_with_news",
            "next_audit",
            "confirm_audit",
            "all_organizations",
            "all_providers",
            "all_connectors",
            "all_bundles",
            "standing_revocations",
            "forget_revocations",
            "revoke_ended_family",
            "write_payloads",
            "purge_payloads",
            "operator_key",
            "organization_of_client",
            "oldest_unreported_agents",
            "commands_set_aside",
            "last_acts",
            "reservations_above",
            "reservations_of",
            "write_audit",
            "due_approvals",
            "purge_approvals",
            "unreported_approvals",
            "overtaken_agents");
  }

  @Test
  void everySuchFunctionHasItsSearchPathPinnedAndIsClosedToThePublic() {
    assertThat(
            strings(
                migrator,
                """
                SELECT p.oid::regprocedure::text
                  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                 WHERE n.nspname IN ('control', 'enclave', 'public')
                   AND (has_function_privilege('public', p.oid, 'EXECUTE')
                        OR (p.prosecdef AND NOT coalesce(p.proconfig::text, '') LIKE
                              '%search_path=' || n.nspname || ', pg_temp%'))
                """))
        .isEmpty();
  }

  private void writeAudit(OrganizationId organization) {
    enclave.inTransactionBlocking(handle ->
        handle
            .createQuery(
                "SELECT cardinality(enclave.write_audit(1, 1, '{}', '{}', '{}', '{1}',"
                    + " ARRAY[gen_random_uuid()::text], ARRAY[:o], ARRAY[NULL::text], '{0}',"
                    + " '{0}', '{\"{}\"}'))")
            .bind("o", organization.uuid().toString())
            .mapTo(Integer.class)
            .one());
  }

  private static List<String> strings(Database database, String sql) {
    return database.inTransactionBlocking(
        handle -> handle.createQuery(sql).mapTo(String.class).list());
  }

  private static long count(Database database, String sql) {
    return database.inTransactionBlocking(
        handle -> handle.createQuery(sql).mapTo(Long.class).one());
  }

  private Database open(DatabaseRole role) {
    return Database.open(temporary.config(role, 2), new SimpleMeterRegistry());
  }
}
