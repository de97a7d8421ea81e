package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.cli.command.Host;
import io.redoubt.cli.command.StandardOutput;
import io.redoubt.cli.session.Session;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StandardOutputTest {
  @TempDir Path home;

  private final StringWriter err = new StringWriter();
  private Map<String, String> environment = Map.of();

  private int type(String failure, String... words) {
    var out =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException(failure);
          }
        };
    var host =
        new Host(
            environment,
            home,
            home,
            new StandardOutput(out),
            new PrintWriter(err, true),
            false,
            Clock.systemUTC());
    return RedoubtCli.commandLine(new Session(host)).execute(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"version", "--help", "completion"})
  void anAnswerThatCannotBeWrittenIsNoSuccess(String command) {
    assertThat(type("No space left on device", command)).isEqualTo(1);
    assertThat(err.toString())
        .isEqualTo("redoubt: Standard output cannot be written: No space left on device.\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"version", "--help"})
  void whoeverReadsNoFurtherHasWhatTheyWanted(String command) {
    assertThat(type("Broken pipe", command)).isZero();
    assertThat(err.toString()).isEmpty();
  }

  /** What the shell is told is what the command came to, whoever read how much of it. */
  @Test
  void whatFailedHasFailedWhoeverReads() {
    try (var server = FakeServer.controlPlane()) {
      server.on(
          "POST /api/v1/policies/test",
          json(
              200,
              """
              {"valid":false,"decisions":[],"problems":
                [{"policy":"guard","line":3,"column":2,"message":"no"}]}\
              """));
      environment =
          Map.of(
              "REDOUBT_URL", server.url().toString(),
              "REDOUBT_CLIENT_ID", "cli_1",
              "REDOUBT_CLIENT_SECRET", "a secret");

      assertThat(type("Broken pipe", "policy", "test")).isEqualTo(1);
    }
  }

  @Test
  void aStreamEndsWithItsReader() {
    try (var server = FakeServer.controlPlane()) {
      server.on("GET /api/v1/audit", json(200, "{\"id\":\"aud_1\"}\n{\"id\":\"aud_2\"}\n"));
      environment =
          Map.of(
              "REDOUBT_URL", server.url().toString(),
              "REDOUBT_CLIENT_ID", "cli_1",
              "REDOUBT_CLIENT_SECRET", "a secret");

      assertThat(type("Broken pipe", "audit", "export")).isZero();
      assertThat(type("No space left on device", "audit", "export")).isEqualTo(1);
    }
  }
}
