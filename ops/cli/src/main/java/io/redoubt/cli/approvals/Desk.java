package io.redoubt.cli.approvals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.api.ApiFailure;
import io.redoubt.cli.api.OperatorApi;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.secret.Secret;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where approvals are seen and decided: at the control plane, or at an enclave itself. */
final class Desk {
  private static final String AT_CONTROL_PLANE = "/api/v1/approvals";
  private static final String AT_ENCLAVE = "/v1/operator/approvals";
  private static final String[] COLUMNS = {
    "id",
    "status",
    "agent_id",
    "operation",
    "within",
    "resource",
    "workflow",
    "tier",
    "risk_score",
    "expires_at"
  };

  @Option(
      names = "--at-enclave",
      description = {
        "Ask the enclave itself, at --enclave-url: for the time when the control plane is away.",
        "The client must be one that may break the glass."
      })
  boolean atEnclave;

  private OperatorApi api(Session session) {
    return atEnclave ? session.breakGlass() : session.operator();
  }

  private String path() {
    return atEnclave ? AT_ENCLAVE : AT_CONTROL_PLANE;
  }

  private String path(String id) {
    return path() + "/" + Query.encode(id);
  }

  List<JsonNode> list(Session session, @Nullable String status, int limit) {
    return api(session).list(Query.of(path()).with("status", status).toString(), limit);
  }

  JsonNode show(Session session, String id) {
    return api(session).get(path(id));
  }

  /**
   * Decides, and says what came of it.
   *
   * @param arguments that the call is approved with; null: it is decided as it is
   */
  int decide(
      Session session,
      String id,
      String decision,
      @Nullable String reason,
      @Nullable JsonNode arguments) {
    var body = new LinkedHashMap<String, Object>();
    body.put("decision", decision);
    if (reason != null) {
      body.put("reason", reason);
    }
    if (arguments != null) {
      body.put("arguments", arguments);
    }
    JsonNode answer = say(session, path(id) + "/decision", body);
    if (answer.path("pending").asBoolean()) {
      if (session.output().isJson()) {
        session.output().json(answer);
      }
      throw new CommandFailure(
          ExitCode.UNREACHABLE,
          "The enclave of "
              + id
              + " is not there. It hears the decision when it comes back, and then says whether it"
              + " counts.");
    }
    session
        .output()
        .say(
            answer,
            Table.printable(
                "Said. %s is %s.".formatted(id, answer.path("status").asText("unknown"))
                    + instead(answer)));
    return 0;
  }

  private static String instead(JsonNode approval) {
    var other = approval.path("edited_to").path("approval");
    return other.isTextual() ? " In its place " + other.asText() + " is asked about." : "";
  }

  /** Asks for the secret once more where whoever approves must have authenticated lately. */
  private JsonNode say(Session session, String path, Map<String, ?> body) {
    try {
      return api(session).post(path, body);
    } catch (ApiFailure refused) {
      @Nullable Integer seconds = refused.stepUpSeconds();
      if (seconds == null) {
        throw refused;
      }
      return session.authenticatedAnew(secret(session, seconds), atEnclave).post(path, body);
    }
  }

  private static Secret secret(Session session, int seconds) {
    var host = session.host();
    return (host.interactive()
            ? host.prompt()
                .apply(
                    "Whoever approves this has to have authenticated in the last %d s.%nClient secret of %s: "
                        .formatted(seconds, session.settings().clientId()))
            : Optional.<Secret>empty())
        .orElseThrow(() ->
            new CommandFailure(
                ExitCode.DENIED,
                "Whoever approves this has to have authenticated in the last "
                    + seconds
                    + " s. Say it from a terminal, which asks for the client's secret once more."));
  }

  static Table table(List<JsonNode> approvals) {
    return Table.of(approvals, COLUMNS);
  }

  static String line(JsonNode approval) {
    var line = new StringBuilder();
    for (var column : COLUMNS) {
      line.append(line.isEmpty() ? "" : "  ").append(Table.printable(Table.text(approval, column)));
    }
    return line.toString();
  }

  static Table fields(JsonNode approval) {
    ObjectNode fields = approval.deepCopy();
    fields.remove(
        List.of(
            "arguments",
            "arguments_withheld",
            "prompt",
            "clauses",
            "related_calls",
            "earlier_requests",
            "votes",
            "edit_of",
            "edited_to"));
    return Table.fields(fields);
  }
}
