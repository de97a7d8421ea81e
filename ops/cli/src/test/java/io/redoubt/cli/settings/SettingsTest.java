package io.redoubt.cli.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.cli.TestMachine;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.protocol.secret.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
  private static final SettingsSources.Flags NO_FLAGS =
      new SettingsSources.Flags(null, null, null, null, null, null, null);

  @TempDir Path home;

  @Test
  void flagsBeatTheEnvironmentWhichBeatsTheFile() throws IOException {
    config("url = 'http://file:1'\nclient_id = 'file'\nclient_secret = 'of the file'\n");
    var machine = new TestMachine(home);

    assertThat(resolve(machine, NO_FLAGS).url()).isEqualTo(URI.create("http://file:1"));
    machine.with("REDOUBT_URL", "http://env:2");
    assertThat(resolve(machine, NO_FLAGS).url()).isEqualTo(URI.create("http://env:2"));
    assertThat(resolve(machine, flags("http://flag:3/", null)).url())
        .isEqualTo(URI.create("http://flag:3"));
  }

  @Test
  void aSecretKeptForOneServerIsNeverSentToAnother() throws IOException {
    config("url = 'http://file:1'\nclient_id = 'file'\nclient_secret = 'of the file'\n");

    var elsewhere = resolve(new TestMachine(home), flags("http://other:1", null));
    var same = resolve(new TestMachine(home), flags("http://file:1", null));

    assertThat(elsewhere.clientSecret()).isNull();
    assertThat(elsewhere.clientId()).isNull();
    assertThat(same.clientSecret()).isEqualTo(Secret.of("of the file"));
  }

  @Test
  void whatRunsInThisDirectoryOrAboveIsFoundWithoutALogin() throws IOException {
    runtime(home.resolve(".redoubt"), "http://127.0.0.1:8443");
    Path below = Files.createDirectories(home.resolve("a/b"));

    assertThat(RuntimeFile.find(below)).contains(home.resolve(".redoubt"));
    var settings = resolve(new TestMachine(home), NO_FLAGS);

    assertThat(settings.url()).isEqualTo(URI.create("http://127.0.0.1:8443"));
    assertThat(settings.clientSecret()).isEqualTo(Secret.of("local secret"));
    assertThat(settings.enclaveUrl()).isEqualTo(URI.create("http://127.0.0.1:8444"));
  }

  /** As in what agents discover: who reads the file finds every name that it knows. */
  @Test
  void whatDoesNotListenIsWrittenAsNull() throws IOException {
    runtime(home, "http://127.0.0.1:8443");

    assertThat(Files.readString(home.resolve(RuntimeFile.NAME)))
        .contains("\"egress_url\" : null")
        .doesNotContain("tls_ca_file");
    assertThat(RuntimeFile.read(home).orElseThrow().enclaves().getFirst().egressUrl()).isNull();
  }

  @Test
  void aDataDirectoryStandsForEverythingItsRuntimeFileSays() throws IOException {
    runtime(home.resolve("elsewhere"), "http://127.0.0.1:9443");
    runtime(home.resolve(".redoubt"), "http://127.0.0.1:8443");

    var settings = resolve(new TestMachine(home), flags(null, home.resolve("elsewhere")));

    assertThat(settings.url()).isEqualTo(URI.create("http://127.0.0.1:9443"));
    assertThat(settings.secretSource()).endsWith("elsewhere/runtime.json");
  }

  @Test
  void aMistakeInTheFileIsNamed() throws IOException {
    config("ulr = 'http://file:1'\n");

    assertThatThrownBy(() -> resolve(new TestMachine(home), NO_FLAGS))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("config.toml")
        .hasMessageContaining("ulr");
  }

  @Test
  void filesWithSecretsAreTheirOwnersAlone() throws IOException {
    Path file = home.resolve("private/config.toml");

    new ConfigFile("http://x", "c", "s", null, null, null, null).write(file);

    assertThat(PrivateFiles.isPrivate(file)).isTrue();
    assertThat(PrivateFiles.isPrivate(home.resolve("private"))).isTrue();
    assertThat(ConfigFile.read(file).clientSecret()).isEqualTo("s");
  }

  private void config(String text) throws IOException {
    Path file = home.resolve(".config/redoubt/config.toml");
    PrivateFiles.directoryOf(file);
    PrivateFiles.write(file, text);
  }

  private static void runtime(Path directory, String url) throws IOException {
    Files.createDirectories(directory);
    new RuntimeFile(
            "0.1.0",
            URI.create(url),
            1,
            null,
            List.of(
                new RuntimeFile.EnclaveNode(
                    "node-1",
                    1,
                    URI.create("http://127.0.0.1:8444"),
                    URI.create("http://127.0.0.1:8445"),
                    null,
                    URI.create("http://127.0.0.1:8558"))),
            "org_1",
            "enc_1",
            new RuntimeFile.OperatorClient("cli_local", "local secret"),
            "jdbc:postgresql://127.0.0.1:25432/redoubt",
            null)
        .write(directory);
  }

  private static SettingsSources.Flags flags(@Nullable String url, @Nullable Path dataDir) {
    return new SettingsSources.Flags(url, null, null, null, null, dataDir, null);
  }

  private static Settings resolve(TestMachine machine, SettingsSources.Flags flags) {
    return new SettingsSources(machine.host(), flags).resolve();
  }
}
