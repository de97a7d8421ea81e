package io.redoubt.cli.policy;

import io.redoubt.cli.session.Session;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Publishes an earlier version again. */
@Command(
    name = "rollback",
    description = {
      "Publish the policies of an earlier version again, as a new version.",
      "The draft stays as it is: the next publication publishes it."
    })
final class PolicyRollback implements Callable<Integer> {
  @Parameters(paramLabel = "VERSION", description = "Which one; `policy versions` lists them.")
  long version;

  private final Session session;

  PolicyRollback(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    return new Publications(session).publish(Map.of("rollback_to", version));
  }
}
