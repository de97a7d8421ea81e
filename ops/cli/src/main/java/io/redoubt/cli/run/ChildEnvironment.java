package io.redoubt.cli.run;

import io.redoubt.cli.command.Host;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the program finds in its environment: an agent's means, and none of an operator's. */
final class ChildEnvironment {
  /**
   * What this prefix begins is an operator's or a server's own (credentials, passwords of the
   * database, keys of enclaves), which no agent inherits. What the agent needs is put in anew.
   */
  private static final String OURS = "REDOUBT_";

  private ChildEnvironment() {}

  static Map<String, String> of(
      Host host, AgentEndpoint.Granted granted, LocalHelper helper, URI enclave, TokenFile file) {
    var environment = new HashMap<>(host.environment());
    environment.keySet().removeIf(name -> name.startsWith(OURS));
    if (granted.secrets() != null) {
      granted
          .secrets()
          .forEach((name, value) -> {
            if (name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
              environment.put(name, value.reveal());
            }
          });
    }
    environment.put("ANTHROPIC_BASE_URL", helper.url().toString());
    environment.put("ANTHROPIC_API_KEY", helper.key());
    environment.put("ANTHROPIC_AUTH_TOKEN", helper.key());
    environment.put("OPENAI_BASE_URL", helper.url() + "/v1");
    environment.put("OPENAI_API_KEY", helper.key());
    environment.put("REDOUBT_ENCLAVE_URL", enclave.toString());
    environment.put("REDOUBT_LOCAL_URL", helper.url().toString());
    environment.put("REDOUBT_AGENT_ID", String.valueOf(granted.agentId()));
    environment.put("REDOUBT_TOKEN_FILE", file.path().toString());
    bypassProxies(environment);
    return environment;
  }

  /** A proxy set for the outside world must not be asked for this machine's own address. */
  private static void bypassProxies(Map<String, String> environment) {
    boolean proxied =
        environment.keySet().stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .anyMatch(List.of("http_proxy", "https_proxy", "all_proxy")::contains);
    if (proxied) {
      for (String name : List.of("NO_PROXY", "no_proxy")) {
        environment.put(
            name,
            Stream.of(environment.getOrDefault(name, ""), "127.0.0.1")
                .filter(part -> !part.isBlank())
                .collect(Collectors.joining(",")));
      }
    }
  }
}
