package io.redoubt.cli.session;

import io.redoubt.cli.output.Format;
import io.redoubt.cli.settings.SettingsSources;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Options that every command takes. */
public final class GlobalOptions {
  private static final int LAST = 1000;

  @Option(
      names = {"-o", "--output"},
      scope = ScopeType.INHERIT,
      order = LAST,
      paramLabel = "FORMAT",
      description = "How answers are written: ${COMPLETION-CANDIDATES}.")
  @Nullable Format output;

  @Option(
      names = "--url",
      scope = ScopeType.INHERIT,
      order = LAST,
      paramLabel = "URL",
      description = "Address of the control plane (REDOUBT_URL).")
  @Nullable String url;

  @Option(
      names = "--client-id",
      scope = ScopeType.INHERIT,
      order = LAST,
      paramLabel = "ID",
      description = "Who is calling (REDOUBT_CLIENT_ID).")
  @Nullable String clientId;

  @Option(
      names = "--client-secret-file",
      scope = ScopeType.INHERIT,
      order = LAST,
      paramLabel = "FILE",
      description = "File with the caller's secret (REDOUBT_CLIENT_SECRET_FILE).")
  @Nullable Path clientSecretFile;

  @Option(
      names = "--ca-file",
      scope = ScopeType.INHERIT,
      order = LAST,
      paramLabel = "FILE",
      description = "Authorities to trust, PEM (REDOUBT_CA_FILE).")
  @Nullable String caFile;

  @Option(
      names = "--enclave-url",
      scope = ScopeType.INHERIT,
      order = LAST,
      paramLabel = "URL",
      description = "Address of the agent endpoint (REDOUBT_ENCLAVE_URL).")
  @Nullable String enclaveUrl;

  @Option(
      names = "--data-dir",
      scope = ScopeType.INHERIT,
      order = LAST,
      paramLabel = "DIR",
      description = "State of an installation on this machine (REDOUBT_DATA_DIR).")
  @Nullable Path dataDir;

  @Option(
      names = "--config",
      scope = ScopeType.INHERIT,
      order = LAST,
      paramLabel = "FILE",
      description = "Settings file instead of ~/.config/redoubt/config.toml (REDOUBT_CONFIG).")
  @Nullable Path config;

  SettingsSources.Flags flags() {
    return new SettingsSources.Flags(
        url, clientId, clientSecretFile, caFile, enclaveUrl, dataDir, config);
  }
}
