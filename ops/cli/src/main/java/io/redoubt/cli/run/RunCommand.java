package io.redoubt.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.agent.AgentDirectory;
import io.redoubt.cli.agent.NewAgent;
import io.redoubt.cli.api.HttpClients;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.enclave.EnclaveDirectory;
import io.redoubt.cli.output.Progress;
import io.redoubt.cli.session.Session;
import io.redoubt.cli.settings.RuntimeFile;
import io.redoubt.cli.settings.Settings;
import io.redoubt.protocol.token.AgentToken;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs any program as an agent. */
@Command(
    name = "run",
    description = {
      "Run a program as an agent.",
      "It gets an identity that is kept fresh, and finds in its environment what the usual SDKs"
          + " look for (ANTHROPIC_BASE_URL, OPENAI_BASE_URL and their keys) as well as"
          + " REDOUBT_ENCLAVE_URL, REDOUBT_AGENT_ID and REDOUBT_TOKEN_FILE. The bootstrap token is"
          + " asked of the control plane, or taken from REDOUBT_BOOTSTRAP_TOKEN."
    })
public final class RunCommand implements Callable<Integer> {
  private static final Duration BOOTSTRAP_LIMIT = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(500);

  @Option(names = "--agent", paramLabel = "AGENT", description = "Name or id.")
  @Nullable String agent;

  @Option(names = "--create", description = "Create the agent where there is none.")
  boolean create;

  @Option(
      names = "--enclave",
      paramLabel = "ENCLAVE",
      description = "With --create, where it is made, by name or id.")
  @Nullable String home;

  @Parameters(
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "The program and its arguments, after --.")
  List<String> command = List.of();

  private final Session session;

  RunCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (home != null && !create) {
      throw CommandFailure.usage("--enclave says where an agent is made: it goes with --create.");
    }
    Settings settings = session.settings();
    URI enclave = settings.requireEnclaveUrl();
    HttpClient http = HttpClients.to(enclave, settings.caFile());
    var endpoint = new AgentEndpoint(enclave, http);
    AgentIdentity identity;
    try (var progress = session.progress()) {
      progress.say("Giving " + (agent == null ? "the agent" : agent) + " an identity");
      identity = bootstrap(endpoint, bootstrapToken(), progress);
    }
    warnOfSharedUser(settings);
    URI acting = ActingEndpoint.of(enclave, identity.granted().endpoints());
    HttpClient actingHttp = HttpClients.to(acting, settings.caFile());
    try (var file = new TokenFile();
        var renewal =
            new Renewal(
                identity,
                () -> another(endpoint),
                token -> publish(file, token),
                session::remark,
                session.host().clock());
        var helper = new LocalHelper(acting, actingHttp, renewal::accessToken)) {
      file.write(identity.accessToken());
      return new ChildProgram(session.host().interactive())
          .run(
              command,
              ChildEnvironment.of(session.host(), identity.granted(), helper, enclave, file),
              session.host().workingDirectory());
    }
  }

  private AgentToken bootstrapToken() {
    @Nullable String given = session.host().variable("REDOUBT_BOOTSTRAP_TOKEN").orElse(null);
    if (given != null) {
      return parse(given);
    }
    return parse(ask(agent()));
  }

  private String ask(String nameOrId) {
    var agents = new AgentDirectory(session.operator());
    Optional<JsonNode> found = agents.find(nameOrId);
    JsonNode answer;
    if (found.isPresent()) {
      answer =
          session
              .operator()
              .post(
                  AgentDirectory.path(AgentDirectory.id(found.get())) + "/bootstrap-token",
                  Map.of());
    } else if (create) {
      answer = agents.create(NewAgent.named(nameOrId, homeId()));
    } else {
      throw new CommandFailure(
          ExitCode.NOT_FOUND,
          "There is no agent called " + nameOrId + ". With --create it is made.");
    }
    return answer.path("bootstrap_token").asText();
  }

  private @Nullable String homeId() {
    return home == null ? null : new EnclaveDirectory(session.operator()).idOf(home);
  }

  private String agent() {
    if (agent == null) {
      throw CommandFailure.usage("Which agent? Say --agent NAME.");
    }
    return agent;
  }

  private static AgentToken parse(String text) {
    return AgentToken.parse(AgentToken.Kind.BOOTSTRAP, text.strip())
        .orElseThrow(() -> CommandFailure.usage("That is not a bootstrap token."));
  }

  private AgentIdentity bootstrap(AgentEndpoint endpoint, AgentToken token, Progress progress)
      throws InterruptedException {
    var clock = session.host().clock();
    var identity = new AgentIdentity(endpoint, token, clock);
    Instant limit = clock.instant().plus(BOOTSTRAP_LIMIT);
    while (true) {
      switch (identity.exchange()) {
        case RENEWED -> {
          return identity;
        }
        case LOST -> throw new CommandFailure(ExitCode.DENIED, identity.trouble());
        case TRY_LATER -> {
          if (identity.isDenied()) {
            throw new CommandFailure(ExitCode.DENIED, identity.trouble());
          }
          if (clock.instant().isAfter(limit)) {
            throw new CommandFailure(ExitCode.UNREACHABLE, identity.trouble());
          }
          progress.say("Waiting for the enclave (" + identity.trouble() + ")");
          Thread.sleep(PAUSE);
        }
      }
    }
  }

  /**
   * A family that died, say by a power cut in the middle of an exchange, is replaced where the
   * agent itself is alive: whoever runs this may bootstrap it anyway. After a revoke it is not.
   */
  private Optional<AgentIdentity> another(AgentEndpoint endpoint) {
    if (agent == null || session.host().variable("REDOUBT_BOOTSTRAP_TOKEN").isPresent()) {
      return Optional.empty();
    }
    JsonNode found = new AgentDirectory(session.operator()).require(agent);
    if (!"active".equals(found.path("status").asText())) {
      return Optional.empty();
    }
    try (var progress = session.progress()) {
      return Optional.of(bootstrap(endpoint, parse(ask(agent)), progress));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private void publish(TokenFile file, String accessToken) {
    try {
      file.write(accessToken);
    } catch (IOException e) {
      session.remark(file.path() + " cannot be written: " + e.getMessage());
    }
  }

  private void warnOfSharedUser(Settings settings) {
    @Nullable Path directory = settings.dataDirectory();
    if (directory != null && Files.isReadable(directory.resolve(RuntimeFile.NAME))) {
      session.remark(
          "warning: this program runs as the user who can read "
              + directory.resolve(RuntimeFile.NAME)
              + ", and so has an operator's powers if it wants them. For agents you do not trust,"
              + " run it as another user, with REDOUBT_BOOTSTRAP_TOKEN and REDOUBT_ENCLAVE_URL.");
    }
  }
}
