package io.redoubt.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.cli.command.Host;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class RedoubtTest {
  @TempDir Path home;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void everyCommandOfTheContractIsThere() {
    assertThat(type("--help")).isZero();

    assertThat(out.toString())
        .contains(
            "up", "down", "migrate", "control-plane", "enclave", "doctor", "login", "agent", "run")
        .doesNotContain("rehearse");
  }

  @Test
  void everyCommandSaysWhatItDoes() {
    var commands = new ArrayList<String>();
    var unexplained = new ArrayList<String>();
    explain(commandLine(), List.of(), commands, unexplained);

    assertThat(commands).hasSizeGreaterThan(100);
    assertThat(unexplained).isEmpty();
  }

  private void explain(
      CommandLine command, List<String> words, List<String> commands, List<String> unexplained) {
    for (var option : List.of("--help", "-h", "--version", "-V")) {
      var typed = new ArrayList<>(words);
      typed.add(option);
      commands.add(String.join(" ", typed));
      out.getBuffer().setLength(0);
      if (type(typed.toArray(String[]::new)) != 0 || out.toString().isBlank()) {
        unexplained.add(String.join(" ", typed));
      }
    }
    command
        .getSubcommands()
        .forEach((name, each) -> {
          var longer = new ArrayList<>(words);
          longer.add(name);
          explain(each, longer, commands, unexplained);
        });
  }

  @Test
  void enclaveIsOneWordForTheListAndForANode() {
    assertThat(type("enclave", "--help")).isZero();

    assertThat(out.toString()).contains("list", "enroll", "run one node");
  }

  @Test
  void whatIsNotToBeHadIsSaidBeforeAnythingStarts() {
    assertThat(type("up", "--nodes", "10")).isEqualTo(2);
    assertThat(err.toString()).contains("--nodes is 1 to 9");
    assertThat(home.resolve(".redoubt")).doesNotExist();
    assertThat(type("migrate", "--database-url", "mysql://db/redoubt")).isEqualTo(2);
    assertThat(err.toString()).contains("--database-url is written postgresql://");
  }

  @Test
  void downWithoutAnInstallationSaysSo() {
    assertThat(type("down")).isEqualTo(4);
  }

  @Test
  void downWithoutAReadableStateStillStopsWhatItFinds() throws IOException {
    Path data = Files.createDirectories(home.resolve(".redoubt"));
    Files.writeString(data.resolve("runtime.json"), "garbage");

    assertThat(type("down")).isZero();

    assertThat(err.toString()).contains("runtime.json cannot be read").doesNotContain("Exception");
    assertThat(out.toString()).contains("Nothing was running");
  }

  /** Or it would take the value of one for the command, and tune the JVM for another. */
  @Test
  void theLauncherKnowsWhichOptionsHaveAValue() throws IOException {
    String launcher = Files.readString(Path.of("src", "main", "sh", "redoubt"));
    var words =
        List.of(launcher.substring(0, launcher.indexOf("value=next")).split("[\\s|)\\\\]+"));

    assertThat(commandLine().getCommandSpec().options())
        .filteredOn(option -> option.arity().min() > 0)
        .isNotEmpty()
        .allSatisfy(option -> assertThat(words).contains(option.names()));
  }

  private int type(String... words) {
    return commandLine().execute(words);
  }

  private CommandLine commandLine() {
    return Redoubt.commandLine(
        new Host(
            Map.of(),
            home,
            home,
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            false,
            Clock.systemUTC()));
  }
}
