package io.redoubt.cli.org;

import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Shows the organization and what holds for it. */
@Command(name = "show", description = "Show the organization, and what holds for all its agents.")
final class OrgShow implements Callable<Integer> {
  private final Session session;

  OrgShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    OwnOrganization.show(session.output(), OwnOrganization.require(session.operator()));
    return 0;
  }
}
