package io.redoubt.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** Where the agent acts, as the enclave itself says. */
final class ActingEndpoint {
  private ActingEndpoint() {}

  /** The server of the LLM endpoint, without a path: programs bring their own. */
  static URI of(URI enclave, @Nullable JsonNode endpoints) {
    String llm = endpoints == null ? "" : endpoints.path("llm").asText();
    if (llm.isEmpty()) {
      throw new CommandFailure(ExitCode.FAILED, "The enclave does not say where agents act.");
    }
    URI absolute = enclave.resolve(llm);
    return URI.create(absolute.getScheme() + "://" + absolute.getRawAuthority());
  }
}
