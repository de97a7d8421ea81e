package io.redoubt.cli.rules;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;

/** Warns of rules that never decide. */
final class Shadows {
  private Shadows() {}

  /** Says on the side if the rule never decides. */
  static void remark(Session session, JsonNode rule) {
    if (rule.path("shadowed_by").isTextual()) {
      remark(session, rule.path("name").asText(), rule.path("shadowed_by").asText());
    }
  }

  /** The same of those that it keeps from deciding. */
  static void remarkOthers(Session session, JsonNode rule) {
    rule.path("shadows")
        .forEach(other -> remark(session, other.asText(), rule.path("name").asText()));
  }

  private static void remark(Session session, String name, String by) {
    session.remark(
        Table.printable(
            "rule %s never decides: whatever it matches, rule %s before it decides."
                .formatted(name, by)));
  }
}
