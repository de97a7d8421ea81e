package io.redoubt.controlplane.upstream;

import com.typesafe.config.Config;
import java.util.List;
import java.util.Locale;

/**
 * Sections {@code redoubt.control-plane.providers} and {@code redoubt.control-plane.connectors}.
 *
 * @param httpHosts hosts, in lower case, that a base URL may name with plain {@code http}
 * @param maxPerOrganization how many of them an organization may have
 */
public record UpstreamsConfig(List<String> httpHosts, int maxPerOrganization) {
  private static final String PATH = "redoubt.control-plane.";

  public UpstreamsConfig {
    httpHosts = httpHosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList();
  }

  public static UpstreamsConfig providers(Config root) {
    return from(root, "providers");
  }

  public static UpstreamsConfig connectors(Config root) {
    return from(root, "connectors");
  }

  private static UpstreamsConfig from(Config root, String section) {
    Config config = root.getConfig(PATH + section);
    int most = config.getInt("max-per-organization");
    if (most <= 0) {
      throw new IllegalArgumentException(
          PATH + section + ".max-per-organization must be greater than zero");
    }
    return new UpstreamsConfig(config.getStringList("http-hosts"), most);
  }
}
