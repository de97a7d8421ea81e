package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.id.OrganizationId;
import java.util.ArrayList;
import java.util.List;

/** An organization in a test, as its owner sees it. */
record Tenant(TestServer server, OrganizationId id, Http owner) {
  /** A provider, as it is put. */
  static final String PROVIDER =
      """
      {"kind": "anthropic", "base_url": "https://api.anthropic.com", "api_key": "sk-ant-secret-1",
       "models": ["claude-*"], "timeout_seconds": 60}
      """;

  /** A connector, as it is put. */
  static final String CONNECTOR =
      """
      {"base_url": "https://tickets.example.com/api",
       "credential": {"header": "Authorization", "scheme": "Bearer", "secret": "tickets-secret-1"},
       "operations": [
         {"name": "issue.show", "method": "GET", "path": "/issues/{id}"},
         {"name": "issue.create", "method": "POST", "path": "/issues"},
         {"name": "issue.search", "method": "POST", "path": "/issues/search", "access": "read"}
       ]}
      """;

  /** A service client with these permissions and no others. */
  Http clientWith(String... permissions) {
    var reply =
        owner.post(
            "/api/v1/iam/clients",
            "{\"name\": \"service\", \"permissions\": [\""
                + String.join("\", \"", permissions)
                + "\"]}");
    assertThat(reply.status()).as(reply.text()).isEqualTo(201);
    return server.login(reply.text("/client/id"), reply.text("/client_secret"), null);
  }

  EnclaveClient newEnclave(String name) {
    var reply = owner.post("/api/v1/enclaves", "{\"name\": \"" + name + "\"}");
    assertThat(reply.status()).as(reply.text()).isEqualTo(201);
    return new EnclaveClient(server.url(), reply.text("/enclave/id"), reply.text("/api_key"));
  }

  /** A new agent of the only enclave. */
  String newAgent(String name) {
    var reply = owner.post("/api/v1/agents", "{\"name\": \"" + name + "\"}");
    assertThat(reply.status()).as(reply.text()).isEqualTo(201);
    return reply.text("/agent/id");
  }

  /** Audit records that match, the newest first. */
  List<JsonNode> audit(String query) {
    var reply = owner.get("/api/v1/audit?limit=200" + query);
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    var all = new ArrayList<JsonNode>();
    reply.at("/items").forEach(all::add);
    return all;
  }

  /** The newest audit record of the operation. */
  JsonNode lastAudit(String operation) {
    var all = audit("&operation=" + operation);
    assertThat(all).as("audit of " + operation).isNotEmpty();
    return all.getFirst();
  }
}
