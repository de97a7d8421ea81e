package io.redoubt.family;

import com.typesafe.config.Config;
import io.redoubt.entity.EntityConfig;

/** Limits of token families; section {@value #PATH}. */
public record TokenFamilyConfig(EntityConfig entity) {
  static final String PATH = "redoubt.token-family";

  public static TokenFamilyConfig from(Config root) {
    return new TokenFamilyConfig(EntityConfig.from(root, PATH + ".entity"));
  }
}
