package io.redoubt.enclave.link;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.CommandEnvelope;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A command that was set aside, as this release reads it: another one may have written it. */
sealed interface KeptOrder {
  /** As it was said, about one agent. */
  record Legible(CommandEnvelope envelope) implements KeptOrder {}

  /**
   * What it says, is not to be read.
   *
   * @param agent whom it is about; null: nor is that
   */
  record Unreadable(OrganizationId organization, long number, @Nullable AgentId agent)
      implements KeptOrder {}

  /** Not even whose it is, is to be read. */
  record Unknown() implements KeptOrder {}

  /** Said to another enclave, which had this database. */
  record Foreign() implements KeptOrder {}

  /** What it is, whatever is wrong with it. */
  static KeptOrder read(String json, EnclaveId enclave) {
    JsonNode tree;
    try {
      tree = Json.LENIENT.readTree(json);
    } catch (JsonProcessingException _) {
      return new Unknown();
    }
    var addressee = parsed(EnclaveId::parse, tree.path("enclave_id"));
    if (addressee.isEmpty()) {
      return new Unknown();
    }
    if (!addressee.get().equals(enclave)) {
      return new Foreign();
    }
    return envelope(tree)
        .filter(it -> LinkSession.isWhole(it) && Backlog.agent(it.command()) != null)
        .<KeptOrder>map(Legible::new)
        .orElseGet(() -> unreadable(tree));
  }

  private static Optional<CommandEnvelope> envelope(JsonNode tree) {
    try {
      return Optional.ofNullable(Json.LENIENT.treeToValue(tree, CommandEnvelope.class));
    } catch (JsonProcessingException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static KeptOrder unreadable(JsonNode tree) {
    var organization = parsed(OrganizationId::parse, tree.path("organization_id"));
    long number = tree.path("number").asLong();
    if (organization.isEmpty() || number < 1) {
      return new Unknown();
    }
    var agent = parsed(AgentId::parse, tree.at("/command/agent_id"));
    return new Unreadable(organization.get(), number, agent.orElse(null));
  }

  private static <I> Optional<I> parsed(Function<String, I> parse, JsonNode text) {
    if (!text.isTextual()) {
      return Optional.empty();
    }
    try {
      return Optional.of(parse.apply(text.asText()));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
