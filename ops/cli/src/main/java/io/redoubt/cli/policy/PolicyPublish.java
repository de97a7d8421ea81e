package io.redoubt.cli.policy;

import io.redoubt.cli.session.Session;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Publishes the draft. */
@Command(
    name = "publish",
    description = "Publish the draft: from then on it decides, on every node.")
final class PolicyPublish implements Callable<Integer> {
  private final Session session;

  PolicyPublish(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    return new Publications(session).publish(Map.of());
  }
}
