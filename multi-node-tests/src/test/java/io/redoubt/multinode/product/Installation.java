package io.redoubt.multinode.product;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;

/** {@code runtime.json}: what the product says of itself. */
public record Installation(
    URI controlPlane,
    long controlPlanePid,
    Optional<Long> postgresPid,
    List<Node> nodes,
    String organization,
    String enclave,
    String clientId,
    String clientSecret,
    int databasePort) {

  /** One node of the enclave. */
  public record Node(String name, long pid, URI agent, URI acting, URI management) {}

  static Installation read(Path dataDirectory) {
    JsonNode file = Documents.read(dataDirectory.resolve("runtime.json"));
    return new Installation(
        uri(file, "control_plane_url"),
        file.required("control_plane_pid").asLong(),
        Optional.of(file.path("postgres_pid")).filter(JsonNode::isNumber).map(JsonNode::asLong),
        StreamSupport.stream(file.required("enclaves").spliterator(), false)
            .map(node ->
                new Node(
                    node.required("node").asText(),
                    node.required("pid").asLong(),
                    uri(node, "agent_url"),
                    uri(node, "acting_url"),
                    uri(node, "management_url")))
            .toList(),
        file.required("organization_id").asText(),
        file.required("enclave_id").asText(),
        file.required("operator").required("client_id").asText(),
        file.required("operator").required("client_secret").asText(),
        URI.create(file.required("database_url").asText().substring("jdbc:".length())).getPort());
  }

  private static URI uri(JsonNode node, String field) {
    return URI.create(node.required(field).asText());
  }

  public Node node() {
    return nodes.getFirst();
  }

  /** That of one node now. */
  public long pid(String node) {
    return nodes.stream().filter(it -> it.name().equals(node)).findFirst().orElseThrow().pid();
  }

  /** Every Java process, once. */
  Set<Long> servers() {
    var pids = new LinkedHashSet<Long>();
    pids.add(controlPlanePid);
    nodes.forEach(node -> pids.add(node.pid()));
    return pids;
  }

  /** PostgreSQL and all its sessions. */
  List<Long> database() {
    return postgresPid.map(Processes::tree).orElse(List.of());
  }

  @Override
  public String toString() {
    return "Installation[" + controlPlane + ", " + nodes + "]";
  }
}
