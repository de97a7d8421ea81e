package io.redoubt.cli.run;

import io.redoubt.cli.command.Host;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the program finds in its environment: an agent's means, and none of an operator's. */
final class ChildEnvironment {
  /** An operator's own, which no agent should inherit. */
  private static final Set<String> OPERATORS =
      Set.of(
          "REDOUBT_URL",
          "REDOUBT_CLIENT_ID",
          "REDOUBT_CLIENT_SECRET",
          "REDOUBT_CLIENT_SECRET_FILE",
          "REDOUBT_CONFIG",
          "REDOUBT_DATA_DIR",
          "REDOUBT_BOOTSTRAP_TOKEN",
          "REDOUBT_PROVIDER_KEY");

  private ChildEnvironment() {}

  static Map<String, String> of(
      Host host, AgentEndpoint.Granted granted, LocalHelper helper, URI enclave, TokenFile file) {
    var environment = new HashMap<>(host.environment());
    environment.keySet().removeAll(OPERATORS);
    if (granted.secrets() != null) {
      granted
          .secrets()
          .forEach((name, value) -> {
            if (name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
              environment.put(name, value);
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
