package io.redoubt.bench.product;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/**
 * Registers agents in bulk: the rows that creating one through the operator API has left are copied
 * for each further one, with its own id, name and bootstrap token. What is not copied is the
 * history of the creation: audit, and commands that are applied.
 */
public final class BulkRegistry {
  private static final int AT_ONCE = 5_000;

  private static final String REGISTER =
      """
      INSERT INTO control.agent
        (organization_id, id, enclave_id, name, description, labels, owner_id, client_cidr, intent,
         budget, models, approval_limit, may_bring_credential, version, status, status_at,
         created_at, updated_at)
      SELECT a.organization_id, n.id::uuid, a.enclave_id, n.name, a.description, a.labels,
             a.owner_id, a.client_cidr, a.intent, a.budget, a.models, a.approval_limit,
             a.may_bring_credential, a.version, a.status, a.status_at, a.created_at, a.updated_at
        FROM control.agent AS a, unnest(?, ?) AS n (id, name)
       WHERE a.id = ?::uuid
      """;

  private static final String GUARD =
      """
      INSERT INTO enclave.agent_fence (organization_id, agent_id, fence)
      SELECT f.organization_id, n.id::uuid, f.fence
        FROM enclave.agent_fence AS f, unnest(?) AS n (id)
       WHERE f.agent_id = ?::uuid
      """;

  private static final String JOURNAL =
      """
      INSERT INTO enclave.event_journal
        (persistence_id, sequence_number, writer, write_timestamp, adapter_manifest, event_ser_id,
         event_ser_manifest, event_payload)
      SELECT replace(e.persistence_id, ?, n.agent), e.sequence_number, e.writer,
             e.write_timestamp, e.adapter_manifest, e.event_ser_id, e.event_ser_manifest,
             convert_to(
               replace(replace(convert_from(e.event_payload, 'UTF8'), ?, n.name), ?, n.digest),
               'UTF8')
        FROM enclave.event_journal AS e, unnest(?, ?, ?) AS n (agent, name, digest)
       WHERE e.persistence_id LIKE '%' || ?
       ORDER BY n.agent, e.sequence_number
      """;

  private BulkRegistry() {}

  /** Answers the new agents with their bootstrap tokens. */
  public static List<OperatorApi.NewAgent> copy(
      Product product, OperatorApi api, String prefix, int count)
      throws IOException, InterruptedException {
    String name = prefix + "-template";
    var template = api.createAgent(name);
    // Commands reach the enclave in order: where the next is known, the template is.
    Fleet.bootstrap(product.node(0), api.createAgent(prefix + "-after-it"));
    var organization = OrganizationId.parse(product.runtime().organizationId());
    var copies = new ArrayList<OperatorApi.NewAgent>();
    try (var database =
        OwnDatabase.of(product)
            .orElseThrow(() -> new IOException("needs the product's own database"))) {
      for (int done = 0; done < count; done += AT_ONCE) {
        int number = Math.min(AT_ONCE, count - done);
        copies.addAll(
            copy(database.connection(), template, name, organization, prefix + "-" + done, number));
      }
      try (var statement = database.connection().createStatement()) {
        statement.execute("ANALYZE control.agent, enclave.agent_fence, enclave.event_journal");
      }
    } catch (SQLException e) {
      throw new IOException("copying agents: " + e.getMessage(), e);
    }
    return copies;
  }

  private static List<OperatorApi.NewAgent> copy(
      Connection connection,
      OperatorApi.NewAgent template,
      String templateName,
      OrganizationId organization,
      String prefix,
      int count)
      throws SQLException {
    var copies = new ArrayList<OperatorApi.NewAgent>();
    var uuids = new String[count];
    var agents = new String[count];
    var names = new String[count];
    var digests = new String[count];
    for (int i = 0; i < count; i++) {
      var id = AgentId.next(Clock.systemUTC());
      var token = AgentToken.mint(AgentToken.Kind.BOOTSTRAP, FamilyHandle.create(organization, id));
      uuids[i] = id.uuid().toString();
      agents[i] = id.toString();
      names[i] = prefix + "-" + i;
      digests[i] = token.digest().toString();
      copies.add(new OperatorApi.NewAgent(id.toString(), token.reveal()));
    }
    String templateUuid = AgentId.parse(template.id()).uuid().toString();
    String templateDigest =
        AgentToken.parse(AgentToken.Kind.BOOTSTRAP, template.bootstrapToken())
            .orElseThrow()
            .digest()
            .toString();
    connection.setAutoCommit(false);
    run(connection, REGISTER, count, uuids, names, templateUuid);
    run(connection, GUARD, count, uuids, templateUuid);
    run(
        connection,
        JOURNAL,
        2 * count,
        template.id(),
        templateName,
        templateDigest,
        agents,
        names,
        digests,
        template.id());
    connection.commit();
    connection.setAutoCommit(true);
    return copies;
  }

  private static void run(Connection connection, String sql, int rows, Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        if (values[i] instanceof String[] texts) {
          statement.setArray(i + 1, connection.createArrayOf("text", texts));
        } else {
          statement.setObject(i + 1, values[i]);
        }
      }
      int written = statement.executeUpdate();
      if (written != rows) {
        throw new SQLException(written + " rows instead of " + rows);
      }
    }
  }
}
