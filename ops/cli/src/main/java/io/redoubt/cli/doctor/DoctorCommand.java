package io.redoubt.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.HttpClients;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import io.redoubt.cli.settings.PrivateFiles;
import io.redoubt.cli.settings.RuntimeFile;
import io.redoubt.cli.settings.Settings;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** Looks at everything a command needs, and says what is wrong and what to do. */
@Command(name = "doctor", description = "Check this machine, the settings and the servers.")
public final class DoctorCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration TOLERATED_SKEW = Duration.ofSeconds(30);
  private static final long LOW_DISK_BYTES = 1L << 30;

  private final Session session;
  private final List<Check> checks = new ArrayList<>();

  public DoctorCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    checks.add(Check.ok("java", Runtime.version() + " in " + System.getProperty("java.home")));
    config();
    @Nullable Settings settings = settings();
    if (settings != null) {
      installation(settings);
      if (settings.url() == null) {
        checks.add(
            Check.failed(
                "control plane", "none is known: `redoubt up`, or `redoubt login --url …`"));
      } else {
        controlPlane(settings, settings.url());
      }
      if (settings.enclaveUrl() != null) {
        answers(settings, "agent endpoint", settings.enclaveUrl().resolve("/v1/agent/discover"));
      }
    }
    return report();
  }

  private int report() {
    var items = new ArrayList<JsonNode>();
    var table = new Table("check", "result", "detail");
    for (Check check : checks) {
      items.add(
          Json.LENIENT
              .createObjectNode()
              .put("check", check.name())
              .put("result", check.verdict().toString())
              .put("detail", check.detail()));
      table.row(check.name(), check.verdict().toString(), check.detail());
    }
    session.output().list(items, () -> table);
    boolean failed = checks.stream().anyMatch(c -> c.verdict() == Check.Verdict.FAILED);
    return (failed ? ExitCode.FAILED : ExitCode.DONE).number();
  }

  private void config() throws IOException {
    Path file = session.sources().configPath();
    if (!Files.exists(file)) {
      checks.add(Check.ok("settings file", "none (" + file + ")"));
    } else if (PrivateFiles.isPrivate(file)) {
      checks.add(Check.ok("settings file", file.toString()));
    } else {
      checks.add(Check.warning("settings file", "others can read it: chmod 600 " + file));
    }
  }

  private @Nullable Settings settings() {
    try {
      Settings settings = session.settings();
      checks.add(
          settings.secretSource() == null
              ? Check.warning("credential", "nobody is logged in: `redoubt login`")
              : Check.ok("credential", settings.clientId() + ", from " + settings.secretSource()));
      return settings;
    } catch (CommandFailure e) {
      checks.add(Check.failed("settings", String.valueOf(e.getMessage())));
      return null;
    }
  }

  /** What runs on this machine. */
  private void installation(Settings settings) throws IOException {
    @Nullable Path directory = settings.dataDirectory();
    if (directory == null) {
      return;
    }
    Optional<RuntimeFile> runtime = RuntimeFile.read(directory);
    if (runtime.isEmpty()) {
      checks.add(Check.warning("installation", "nothing is running in " + directory));
      return;
    }
    long pid = runtime.get().controlPlanePid();
    checks.add(
        ProcessHandle.of(pid).isPresent()
            ? Check.ok("installation", directory + ", process " + pid)
            : Check.failed("installation", "process " + pid + " has died: `redoubt up` recovers"));
    if (!PrivateFiles.isPrivate(directory.resolve(RuntimeFile.NAME))) {
      checks.add(Check.warning("runtime.json", "others can read it: chmod 600"));
    }
    long free = Files.getFileStore(directory).getUsableSpace();
    String text = String.format(Locale.ROOT, "%.1f GiB free", free / (double) (1L << 30));
    checks.add(free < LOW_DISK_BYTES ? Check.warning("disk", text) : Check.ok("disk", text));
    for (var node : runtime.get().enclaves()) {
      answers(settings, "enclave " + node.node(), node.managementUrl().resolve("/ready"));
    }
  }

  private void controlPlane(Settings settings, URI url) {
    if (!answers(settings, "control plane", url.resolve("/ready"))) {
      return;
    }
    try {
      session.operator().get("/api/v1/iam/self");
      checks.add(Check.ok("login", "accepted"));
    } catch (CommandFailure e) {
      checks.add(Check.failed("login", String.valueOf(e.getMessage())));
    }
  }

  private boolean answers(Settings settings, String name, URI url) {
    try {
      HttpClient http = HttpClients.to(url, settings.caFile());
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(url).timeout(TIMEOUT).build(),
              HttpResponse.BodyHandlers.ofString());
      boolean ready = response.statusCode() == 200;
      checks.add(
          ready
              ? Check.ok(name, url.toString())
              : Check.failed(name, url + " answered " + response.statusCode()));
      skew(name, response);
      return ready;
    } catch (CommandFailure e) {
      checks.add(Check.failed(name, String.valueOf(e.getMessage())));
      return false;
    } catch (IOException e) {
      checks.add(Check.failed(name, url + " cannot be reached"));
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Tokens live for minutes: two clocks that disagree make them useless. */
  private void skew(String name, HttpResponse<?> response) {
    try {
      response
          .headers()
          .firstValue("Date")
          .map(date -> ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant())
          .map(theirs -> Duration.between(session.host().clock().instant(), theirs).abs())
          .filter(skew -> skew.compareTo(TOLERATED_SKEW) > 0)
          .ifPresent(skew ->
              checks.add(
                  Check.warning(
                      name, "its clock and this one differ by " + skew.toSeconds() + " s")));
    } catch (DateTimeException _) {
      // Nothing to compare with.
    }
  }
}
