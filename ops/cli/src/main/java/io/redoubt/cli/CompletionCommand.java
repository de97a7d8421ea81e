package io.redoubt.cli;

import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Writes the script that lets a shell complete commands. */
@Command(
    name = "completion",
    description = {
      "Write the completion script for bash and zsh.",
      "To use it now: source <(redoubt completion)"
    })
final class CompletionCommand implements Callable<Integer> {
  private final Session session;

  @Spec CommandSpec spec = CommandSpec.create();

  CompletionCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    CommandLine root = spec.root().commandLine();
    session.output().line(AutoComplete.bash("redoubt", root));
    return 0;
  }
}
