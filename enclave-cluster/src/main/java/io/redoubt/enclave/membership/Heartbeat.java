package io.redoubt.enclave.membership;

import io.redoubt.persistence.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the database that the node lives, on a connection of its own: a busy pool must not make
 * it look dead. While this node does not reach the database another one may, so it goes on for a
 * limited time only ({@link KeptHeartbeats}). The answer tells what time it is there.
 */
final class Heartbeat implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);
  private static final int SOCKET_SECONDS = 3;

  /** One that the network swallowed hangs for so long at most, and the next one follows. */
  static final Duration HANGS = Duration.ofSeconds(SOCKET_SECONDS);

  private final Database database;
  private final UUID session;
  private final Duration every;
  private final ClockWatch clock;
  private final KeptHeartbeats kept;
  private final CompletableFuture<Void> putOut;
  private @Nullable Connection connection;

  Heartbeat(
      Database database,
      UUID session,
      Duration every,
      ClockWatch clock,
      KeptHeartbeats kept,
      CompletableFuture<Void> putOut) {
    this.database = database;
    this.session = session;
    this.every = every;
    this.clock = clock;
    this.kept = kept;
    this.putOut = putOut;
  }

  @Override
  public void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        Thread.sleep(every);
        if (!beat()) {
          kept.putOut();
          putOut.complete(null);
          return;
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      disconnect();
    }
  }

  private boolean beat() {
    try {
      if (connection == null) {
        connection = database.dedicated("redoubt-heartbeat", SOCKET_SECONDS);
      }
      ClockWatch.Asked asked = clock.ask();
      long sent = kept.now();
      Optional<Instant> there = MemberTable.beat(connection, session);
      there.ifPresent(time -> {
        kept.kept(sent);
        clock.compare(asked, time);
      });
      return there.isPresent();
    } catch (SQLException e) {
      LOG.debug("No heartbeat, since the database is away: {}", e.getMessage());
      disconnect();
      return true;
    }
  }

  private void disconnect() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        LOG.debug("Closing a connection that was gone", e);
      }
    }
  }
}
