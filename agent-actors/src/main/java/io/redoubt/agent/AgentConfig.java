package io.redoubt.agent;

import com.typesafe.config.Config;
import io.redoubt.entity.EntityConfig;

/** Limits of agents; section {@value #PATH}. */
public record AgentConfig(EntityConfig entity, FenceConfig fence) {
  static final String PATH = "redoubt.agent";

  public static AgentConfig from(Config root) {
    return new AgentConfig(
        EntityConfig.from(root, PATH + ".entity"), FenceConfig.from(root, PATH + ".fence"));
  }
}
