package io.redoubt.proxy.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.Placement;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.proxy.upstream.UpstreamRequest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * What an operation with its parameters comes to: one HTTP request, in which each parameter has its
 * {@link Placement}. So what goes out is what was judged.
 *
 * @param target path and query
 * @param body null: it has none
 * @param digest of the call in its canonical form, and of where it goes
 */
record Invocation(
    ConnectorSpec connector,
    ConnectorSpec.Operation operation,
    String target,
    @Nullable ByteString body,
    String digest) {
  private static final String JSON = "application/json";

  /**
   * Puts the parameters in their places.
   *
   * @throws ProblemException where one of them is missing, or does not fit its place
   */
  static Invocation of(
      ConnectorSpec connector, ConnectorSpec.Operation operation, ExecuteRequest request) {
    var placement = Placement.of(connector.baseUrl(), operation, request.parameters());
    var body = placement.body();
    return new Invocation(
        connector,
        operation,
        placement.target(),
        body == null ? null : ByteString.fromArrayUnsafe(CanonicalJson.write(body)),
        digest(connector, operation, request));
  }

  /** What is approved is this call to this address, so that neither can change afterwards (G9). */
  private static String digest(
      ConnectorSpec connector, ConnectorSpec.Operation operation, ExecuteRequest request) {
    ObjectNode call =
        Json.STRICT
            .createObjectNode()
            .put("connector", connector.name())
            .put("operation", operation.name())
            .put("endpoint", operation.method() + " " + connector.baseUrl() + operation.path());
    call.set("parameters", request.parameters());
    if (request.resource() != null) {
      call.put("resource", request.resource());
    }
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      return TokenDigest.ofBytes(sha256.digest(CanonicalJson.write(call))).toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** With header lines beside those of its body. */
  UpstreamRequest request(List<HttpHeader> headers) {
    String method = operation.method().name();
    return body == null
        ? new UpstreamRequest(method, target, headers, null, ByteString.emptyByteString())
        : new UpstreamRequest(method, target, headers, JSON, body);
  }
}
