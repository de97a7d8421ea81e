package io.redoubt.controlplane.policy;

import io.redoubt.content.ContentRules;
import io.redoubt.content.EffectiveContentPolicy.Part;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.policy.Canary;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What holds for an agent when every layer has spoken, and who says so.
 *
 * @param version of the bundle; null: the draft's
 * @param agentId null: whatever agent nobody speaks of in particular
 * @param models all of which must allow a model
 */
record EffectiveContent(
    @Nullable Long version, @Nullable AgentId agentId, List<Part> parts, List<Models> models) {
  /** Whose the lists are that an agent is made with. */
  private static final String AGENT = "agent";

  /** A restriction, and whose it is. */
  record Models(String scope, List<String> allow, List<String> block) {
    static Models of(String scope, ModelAccess access) {
      return new Models(scope, access.allow(), access.block());
    }
  }

  static EffectiveContent of(
      @Nullable Long version,
      ContentRules rules,
      @Nullable AgentId agent,
      @Nullable AgentSpec spec) {
    var id = agent == null ? Canary.ANYBODY : agent;
    var labels = spec == null ? Map.<String, String>of() : spec.labels();
    var said =
        rules.documents().stream()
            .filter(it -> it.concerns(id, labels))
            .filter(it -> !it.policy().models().equals(ModelAccess.ANY))
            .sorted((one, other) -> one.layer().compareTo(other.layer()))
            .map(it -> Models.of(it.scope(), it.policy().models()));
    var own =
        spec == null || spec.models().equals(ModelAccess.ANY)
            ? Stream.<Models>of()
            : Stream.of(Models.of(AGENT, spec.models()));
    return new EffectiveContent(
        version, agent, rules.of(id, labels).parts(), Stream.concat(said, own).toList());
  }
}
