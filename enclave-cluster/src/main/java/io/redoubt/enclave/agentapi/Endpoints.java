package io.redoubt.enclave.agentapi;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where an agent finds what; null is what this enclave does not offer.
 *
 * @param llm base of both providers' interfaces; OpenAI's SDKs want {@code /v1} after it
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Endpoints(
    String bootstrap,
    String refresh,
    String self,
    String llm,
    @Nullable String mcp,
    @Nullable String execute,
    @Nullable String egress) {

  /** The endpoints of an enclave whose servers are reached at these addresses. */
  public static Endpoints of(URI agentUrl, URI actingUrl) {
    String agent = withoutSlash(agentUrl) + "/v1/agent/";
    return new Endpoints(
        agent + "bootstrap",
        agent + "refresh",
        agent + "self",
        withoutSlash(actingUrl),
        null,
        withoutSlash(actingUrl) + "/v1/execute",
        null);
  }

  /** Where an agent asks for the state of an approval, with its id after a slash. */
  public static String approvals(URI agentUrl) {
    return withoutSlash(agentUrl) + "/v1/agent/approvals";
  }

  private static String withoutSlash(URI url) {
    String text = url.toString();
    return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
  }
}
