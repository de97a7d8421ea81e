package io.redoubt.agent;

import com.typesafe.config.Config;
import io.redoubt.entity.EntityConfig;
import io.redoubt.session.RiskConfig;

/** Limits of agents; section {@value #PATH}. */
public record AgentConfig(EntityConfig entity, FenceConfig fence, RiskConfig risk) {
  static final String PATH = "redoubt.agent";

  public static AgentConfig from(Config root) {
    return new AgentConfig(
        EntityConfig.from(root, PATH + ".entity"),
        FenceConfig.from(root, PATH + ".fence"),
        RiskConfig.from(root));
  }
}
