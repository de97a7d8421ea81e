package io.redoubt.persistence.postgres;

import com.typesafe.config.Config;
import io.redoubt.protocol.secret.Secret;
import java.time.Duration;

/**
 * How to reach the database.
 *
 * @param url JDBC address, {@code jdbc:postgresql://host:port/database}
 * @param poolSize connections kept, 1 to 200
 * @param connectionTimeout how long a caller waits for a connection, 250 ms to 60 s
 */
public record DatabaseConfig(
    String url, String user, Secret password, int poolSize, Duration connectionTimeout) {

  public DatabaseConfig {
    if (!url.startsWith("jdbc:postgresql:")) {
      throw new IllegalArgumentException("database.url must begin with jdbc:postgresql:");
    }
    if (user.isBlank()) {
      throw new IllegalArgumentException("database.user must be given");
    }
    if (poolSize < 1 || poolSize > 200) {
      throw new IllegalArgumentException("database.pool-size must be 1 to 200");
    }
    if (connectionTimeout.toMillis() < 250 || connectionTimeout.toSeconds() > 60) {
      throw new IllegalArgumentException("database.connection-timeout must be 250 ms to 60 s");
    }
  }

  /** Reads a {@code database} section. */
  public static DatabaseConfig from(Config section) {
    return new DatabaseConfig(
        section.getString("url"),
        section.getString("user"),
        Secret.of(section.getString("password")),
        section.getInt("pool-size"),
        section.getDuration("connection-timeout"));
  }
}
