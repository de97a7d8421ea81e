package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;

/** What is wrong with policies, one line each, as compilers say it. */
final class Problems {
  private Problems() {}

  /** Says on the side what stands in the way of a publication. */
  static void remark(Session session, JsonNode tested) {
    for (JsonNode problem : tested.path("problems")) {
      session.remark(line(problem));
    }
  }

  static String line(JsonNode problem) {
    if (problem.path("policy").asText().isEmpty()) {
      return Table.printable("policies: " + problem.path("message").asText()); // all of them
    }
    if (problem.path("policy").asText().startsWith("canary/")) {
      // It is wrong as a whole, at no place in its text.
      return Table.printable(
          problem.path("policy").asText() + ": " + problem.path("message").asText());
    }
    return Table.printable(
        problem.path("policy").asText()
            + ":"
            + problem.path("line").asText()
            + ":"
            + problem.path("column").asText()
            + ": "
            + problem.path("message").asText());
  }
}
