package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what policies in shadow would have changed. */
@Command(
    name = "shadow",
    description = {
      "Show what policies with @shadow would have changed of what was done.",
      "They are evaluated and recorded with each action, and not enforced."
    })
final class PolicyShadow implements Callable<Integer> {
  @Mixin Recorded recorded = new Recorded();

  private final Session session;

  PolicyShadow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer =
        session.operator().post(PolicyCommand.POLICIES + "/shadow", recorded.body(session));
    if (session.output().isJson()) {
      session.output().json(answer);
      return 0;
    }
    session
        .output()
        .line(
            "Policies in shadow applied to %s of %s actions."
                .formatted(Table.text(answer, "watched"), Table.text(answer, "records")));
    Recorded.show(session, answer.path("changes"));
    Recorded.remarkMore(session, answer);
    return 0;
  }
}
