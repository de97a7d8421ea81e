package io.redoubt.cli.agent;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lifts isolations. */
@Command(name = "release", description = "Lift the isolations of an agent.")
final class AgentRelease implements Callable<Integer> {
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Body(String reason, @Nullable List<String> isolationIds) {}

  @Mixin KillSwitch killSwitch = new KillSwitch();

  @Parameters(paramLabel = "AGENT", description = "Name or id.")
  String agent = "";

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the audit log.")
  String reason = "by the command line";

  @Option(
      names = "--isolation",
      paramLabel = "ID",
      description = "Only this isolation; may be repeated. Left out: all that stand now.")
  @Nullable List<String> isolations;

  private final Session session;

  AgentRelease(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    return new Acknowledgements(session)
        .orderAt(
            killSwitch.pathOf(session, agent),
            "Waiting for the enclave",
            "Released",
            path -> killSwitch.api(session).post(path + "/release", new Body(reason, isolations)));
  }
}
