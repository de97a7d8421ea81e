package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.json.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows a content policy in the form in which it is set. */
@Command(
    name = "show",
    description = "Show a content policy, as `redoubt content-policy set` takes it.")
final class ContentPolicyShow implements Callable<Integer> {
  @Parameters(paramLabel = "SCOPE", description = ContentPolicyCommand.SCOPE)
  String scope = "";

  private final Session session;

  ContentPolicyShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode policy = session.operator().get(ContentPolicyCommand.path(scope));
    if (session.output().isJson()) {
      session.output().json(policy);
      return 0;
    }
    said(policy).lines().forEach(line -> session.output().line(Table.printable(line)));
    return 0;
  }

  /** In the form in which it is set. */
  static String said(JsonNode policy) {
    ObjectNode said = Json.LENIENT.createObjectNode();
    List.of("rules", "patterns", "models").forEach(each -> said.set(each, policy.path(each)));
    return said.toPrettyString();
  }
}
