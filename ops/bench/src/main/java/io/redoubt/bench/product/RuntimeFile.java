package io.redoubt.bench.product;

import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of {@code runtime.json} the bench needs.
 *
 * @param postgresPid null where the database is somebody else's
 */
public record RuntimeFile(
    URI controlPlaneUrl,
    long controlPlanePid,
    @Nullable Long postgresPid,
    List<Node> enclaves,
    String organizationId,
    Client operator,
    String databaseUrl) {

  public RuntimeFile {
    enclaves = List.copyOf(enclaves);
  }

  /** Where operators call. */
  public InetSocketAddress controlPlane() {
    return address(controlPlaneUrl);
  }

  private static InetSocketAddress address(URI url) {
    return new InetSocketAddress(url.getHost(), url.getPort());
  }

  /** One node of the enclave. */
  public record Node(String node, long pid, URI agentUrl, URI actingUrl, URI managementUrl) {
    public InetSocketAddress agent() {
      return address(agentUrl);
    }

    public InetSocketAddress acting() {
      return address(actingUrl);
    }
  }

  /** The operator client of this machine. */
  public record Client(String clientId, String clientSecret) {
    @Override
    public String toString() {
      return "Client[" + clientId + ", ***]";
    }
  }

  static RuntimeFile read(Path dataDirectory) throws IOException {
    return Json.LENIENT.readValue(
        Files.readAllBytes(dataDirectory.resolve("runtime.json")), RuntimeFile.class);
  }
}
