package io.redoubt.cli.settings;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code runtime.json} in the data directory: what {@code up} started, for the programs of this
 * machine. It holds the secret of the local operator client, so only its owner may read it.
 *
 * @param postgresPid null where the database is somebody else's
 * @param tlsCaFile null where plain HTTP is spoken on loopback
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RuntimeFile(
    String version,
    URI controlPlaneUrl,
    long controlPlanePid,
    @Nullable Long postgresPid,
    List<EnclaveNode> enclaves,
    String organizationId,
    String enclaveId,
    OperatorClient operator,
    String databaseUrl,
    @Nullable String tlsCaFile) {

  public static final String NAME = "runtime.json";

  /** Where {@code up} keeps its state unless told otherwise. */
  public static final String DEFAULT_DIRECTORY = ".redoubt";

  public RuntimeFile {
    enclaves = List.copyOf(enclaves);
  }

  /**
   * One node of the enclave, with the addresses at which something listens.
   *
   * @param egressUrl null, and written so, where no such proxy listens
   */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  public record EnclaveNode(
      String node,
      long pid,
      URI agentUrl,
      URI actingUrl,
      @Nullable URI egressUrl,
      URI managementUrl) {

    EnclaveNode withPid(long other) {
      return new EnclaveNode(node, other, agentUrl, actingUrl, egressUrl, managementUrl);
    }
  }

  /** The operator client of this machine; it gets a new secret at each {@code up}. */
  public record OperatorClient(String clientId, String clientSecret) {
    @Override
    public String toString() {
      return "OperatorClient[" + clientId + ", ***]";
    }
  }

  public RuntimeFile withPostgresPid(long pid) {
    return new RuntimeFile(
        version,
        controlPlaneUrl,
        controlPlanePid,
        pid,
        enclaves,
        organizationId,
        enclaveId,
        operator,
        databaseUrl,
        tlsCaFile);
  }

  /** The node has another process now. */
  public RuntimeFile withNodePid(String node, long pid) {
    return new RuntimeFile(
        version,
        controlPlaneUrl,
        controlPlanePid,
        postgresPid,
        enclaves.stream().map(it -> it.node().equals(node) ? it.withPid(pid) : it).toList(),
        organizationId,
        enclaveId,
        operator,
        databaseUrl,
        tlsCaFile);
  }

  public void write(Path dataDirectory) throws IOException {
    PrivateFiles.write(
        dataDirectory.resolve(NAME),
        Json.LENIENT.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
  }

  /** Reads the file of a data directory; empty where nothing has come up there. */
  public static Optional<RuntimeFile> read(Path dataDirectory) throws IOException {
    Path file = dataDirectory.resolve(NAME);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    return Optional.of(Json.LENIENT.readValue(Files.readAllBytes(file), RuntimeFile.class));
  }

  /**
   * The data directory at or above a directory, as {@code git} finds its own. One that belongs to
   * somebody else is passed over: it could name any server as ours.
   */
  public static Optional<Path> find(Path from) throws IOException {
    for (@Nullable Path at = from.toAbsolutePath(); at != null; at = at.getParent()) {
      Path directory = at.resolve(DEFAULT_DIRECTORY);
      Path file = directory.resolve(NAME);
      if (Files.isReadable(file) && PrivateFiles.isTrusted(file)) {
        return Optional.of(directory);
      }
    }
    return Optional.empty();
  }
}
