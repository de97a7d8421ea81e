package io.redoubt.controlplane.provider;

import com.typesafe.config.Config;
import java.util.List;
import java.util.Locale;

/**
 * Section {@code redoubt.control-plane.providers}.
 *
 * @param httpHosts hosts, in lower case, that a base URL may name with plain {@code http}
 * @param maxPerOrganization how many providers an organization may have
 */
public record ProvidersConfig(List<String> httpHosts, int maxPerOrganization) {
  private static final String PATH = "redoubt.control-plane.providers";

  public ProvidersConfig {
    httpHosts = httpHosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList();
    if (maxPerOrganization <= 0) {
      throw new IllegalArgumentException(PATH + ".max-per-organization must be greater than zero");
    }
  }

  public static ProvidersConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new ProvidersConfig(
        config.getStringList("http-hosts"), config.getInt("max-per-organization"));
  }
}
