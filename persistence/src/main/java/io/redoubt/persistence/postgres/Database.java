package io.redoubt.persistence.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.protocol.id.OrganizationId;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.StatementExceptions;

/**
 * One role's connections to PostgreSQL. Work runs in a transaction of its own, for one organization
 * or for none; how much of it may be under way or waiting is bounded, and what comes on top fails
 * at once (G11).
 */
public final class Database implements AutoCloseable {
  /** Callers that may wait for each connection of the pool. */
  private static final int WAITING_PER_CONNECTION = 32;

  private static final int CONNECT_SECONDS = 3;
  private static final int SOCKET_SECONDS = 15;

  private final DatabaseConfig config;
  private final HikariDataSource pool;
  private final Jdbi jdbi;
  private final Semaphore admitted;
  private final Consumer<Handle> condition;

  private Database(
      DatabaseConfig config,
      HikariDataSource pool,
      Jdbi jdbi,
      Semaphore admitted,
      Consumer<Handle> condition) {
    this.config = config;
    this.pool = pool;
    this.jdbi = jdbi;
    this.admitted = admitted;
    this.condition = condition;
  }

  /** Opens the pool; the database need not be there yet. */
  public static Database open(DatabaseConfig config, MeterRegistry metrics) {
    var hikari = new HikariConfig();
    hikari.setPoolName(config.user());
    hikari.setJdbcUrl(config.url());
    hikari.setUsername(config.user());
    hikari.setPassword(config.password().reveal());
    hikari.setMaximumPoolSize(config.poolSize());
    hikari.setConnectionTimeout(config.connectionTimeout().toMillis());
    hikari.setValidationTimeout(Math.min(1_000, config.connectionTimeout().toMillis()));
    hikari.setInitializationFailTimeout(-1);
    hikari.setDataSourceProperties(properties("redoubt"));
    hikari.setConnectionInitSql(Durability.DURABLE_COMMITS);
    hikari.setMetricsTrackerFactory(new MicrometerMetricsTrackerFactory(metrics));
    var pool = new HikariDataSource(hikari);
    var jdbi = Jdbi.create(pool);
    // An exception's text ends up in a log, and what was bound may be secret (G6).
    jdbi.getConfig(StatementExceptions.class)
        .setMessageRendering(StatementExceptions.MessageRendering.NONE);
    return new Database(
        config, pool, jdbi, new Semaphore(config.poolSize() * WAITING_PER_CONNECTION), _ -> {});
  }

  /**
   * The same connections, and every transaction begins with the condition, which throws where it
   * does not hold. Closed with this one.
   */
  public Database onCondition(Consumer<Handle> further) {
    return new Database(config, pool, jdbi, admitted, condition.andThen(further));
  }

  private static Properties properties(String purpose) {
    var properties = new Properties();
    properties.setProperty("ApplicationName", purpose);
    properties.setProperty("connectTimeout", Integer.toString(CONNECT_SECONDS));
    properties.setProperty("loginTimeout", Integer.toString(CONNECT_SECONDS));
    properties.setProperty("socketTimeout", Integer.toString(SOCKET_SECONDS));
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("reWriteBatchedInserts", "true");
    properties.setProperty("assumeMinServerVersion", "17");
    // The server's details quote the row that it refuses, and an exception's text ends in a log
    // (G6).
    properties.setProperty("logServerErrorDetail", "false");
    // A transaction that hangs would hold back the audit's total order for everybody (G10).
    properties.setProperty(
        "options",
        "-c statement_timeout=10s -c lock_timeout=5s -c transaction_timeout=15s"
            + " -c idle_in_transaction_session_timeout=5s");
    return properties;
  }

  /**
   * Runs work in a transaction that sees one organization's rows.
   *
   * @return fails with {@link DatabaseUnavailableException} where the database is away or too many
   *     wait for it
   */
  public <T> CompletionStage<T> inOrganization(
      OrganizationId organization, Function<Handle, T> work) {
    return blocking(() -> inOrganizationBlocking(organization, work));
  }

  /**
   * Runs work in a transaction without an organization, to which every tenant table looks empty.
   *
   * @return fails as {@link #inOrganization}
   */
  public <T> CompletionStage<T> inTransaction(Function<Handle, T> work) {
    return blocking(() -> inTransactionBlocking(work));
  }

  /** {@link #inOrganization} on the caller's thread. */
  public <T> T inOrganizationBlocking(OrganizationId organization, Function<Handle, T> work) {
    return inTransactionBlocking(handle -> {
      handle
          .createQuery("SELECT set_config('redoubt.organization', :organization, true)")
          .bind("organization", organization.uuid().toString())
          .mapTo(String.class)
          .one();
      return work.apply(handle);
    });
  }

  /** {@link #inTransaction} on the caller's thread. */
  public <T> T inTransactionBlocking(Function<Handle, T> work) {
    try {
      return jdbi.inTransaction(handle -> {
        condition.accept(handle);
        return work.apply(handle);
      });
    } catch (RuntimeException e) {
      throw Failures.translate(e);
    }
  }

  /**
   * Runs work that uses this database in several steps, on a virtual thread, within the same bound.
   *
   * @return fails as {@link #inOrganization}
   */
  public <T> CompletionStage<T> blocking(Supplier<T> work) {
    if (!admitted.tryAcquire()) {
      return CompletableFuture.failedFuture(
          new DatabaseUnavailableException("too many callers wait for the database"));
    }
    var result = new CompletableFuture<T>();
    Thread.ofVirtual()
        .name("redoubt-database")
        .start(() -> {
          try {
            T value;
            try {
              value = work.get();
            } finally {
              admitted.release();
            }
            result.complete(value);
          } catch (Throwable t) {
            result.completeExceptionally(t);
          }
        });
    return result;
  }

  /** Whether the database answers right now; waits for the connection time-out at most. */
  public boolean reachable() {
    try (var connection = pool.getConnection()) {
      return connection.isValid(1);
    } catch (SQLException _) {
      return false;
    }
  }

  /**
   * A connection outside the pool, in autocommit, for a writer that keeps it.
   *
   * @param purpose as the server shows it
   * @param socketTimeoutSeconds after which a silent server counts as gone
   */
  public Connection dedicated(String purpose, int socketTimeoutSeconds) throws SQLException {
    return dedicated(config, purpose, socketTimeoutSeconds);
  }

  /** {@link #dedicated(String, int)} for those who have no pool. */
  public static Connection dedicated(
      DatabaseConfig config, String purpose, int socketTimeoutSeconds) throws SQLException {
    var properties = properties(purpose);
    properties.setProperty("user", config.user());
    properties.setProperty("password", config.password().reveal());
    properties.setProperty("socketTimeout", Integer.toString(socketTimeoutSeconds));
    // Its few statements run all day: prepare them on the server at first use.
    properties.setProperty("prepareThreshold", "1");
    return Durability.commitDurably(DriverManager.getConnection(config.url(), properties));
  }

  /** How this database is reached. */
  public DatabaseConfig config() {
    return config;
  }

  /** The pool itself, for libraries that bring their own transactions. */
  public DataSource dataSource() {
    return pool;
  }

  @Override
  public void close() {
    pool.close();
  }
}
