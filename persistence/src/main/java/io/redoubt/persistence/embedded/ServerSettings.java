package io.redoubt.persistence.embedded;

import io.redoubt.persistence.postgres.Durability;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The server's settings, written anew at each start.
 *
 * @param durable off for tests only: what survives a crash of the process is the same, what
 *     survives a loss of power is not
 */
record ServerSettings(int port, Path socketDirectory, boolean durable) {
  /** A socket's path must fit the kernel's 108 bytes; the name itself takes about 20. */
  private static final int SOCKET_DIRECTORY_LIMIT = 80;

  /** How often a password is hashed, which a client of tests would do for each connection. */
  static final String QUICK_PASSWORDS = "scram_iterations";

  private static final String CLIENTS =
      """
      # Written by Redoubt at each start. Passwords for everybody, also on this machine.
      local all all scram-sha-256
      host  all all 127.0.0.1/32 scram-sha-256
      """;

  void write(Path data) throws IOException {
    var text = new StringBuilder("# Written by Redoubt at each start.\n");
    settings()
        .forEach((name, value) ->
            text.append(name).append(" = '").append(value.replace("'", "''")).append("'\n"));
    Files.writeString(data.resolve("postgresql.conf"), text, StandardCharsets.UTF_8);
    Files.writeString(data.resolve("pg_hba.conf"), CLIENTS, StandardCharsets.UTF_8);
    // Whatever ALTER SYSTEM left would win over the file.
    Files.writeString(data.resolve("postgresql.auto.conf"), "", StandardCharsets.UTF_8);
  }

  private Map<String, String> settings() {
    var settings = new LinkedHashMap<String, String>();
    settings.put("listen_addresses", "127.0.0.1");
    settings.put("port", Integer.toString(port));
    settings.put("unix_socket_directories", socketDirectories());
    // Three nodes of an enclave take some sixty.
    settings.put("max_connections", "200");
    settings.put("password_encryption", "scram-sha-256");

    // An acknowledged write survives a loss of power (G1, G4).
    settings.put("fsync", durable ? "on" : "off");
    settings.put("full_page_writes", durable ? "on" : "off");
    settings.put("synchronous_commit", "on");
    if (!durable) {
      settings.put(Durability.ACCEPTS_LOSS, "on");
      settings.put(QUICK_PASSWORDS, "1");
    }

    // Small, for a machine that has other things to do.
    settings.put("shared_buffers", "128MB");
    settings.put("work_mem", "4MB");
    settings.put("maintenance_work_mem", "32MB");
    settings.put("huge_pages", "off");
    settings.put("io_method", "sync");
    settings.put("max_wal_senders", "0");
    settings.put("max_parallel_workers_per_gather", "0");
    settings.put("autovacuum_max_workers", "2");
    settings.put("autovacuum_worker_slots", "4");
    settings.put("jit", "off");
    settings.put("random_page_cost", "1.1");
    settings.put("max_wal_size", "1GB");
    settings.put("checkpoint_timeout", "15min");

    // One transaction that hangs would hold back the audit's total order for everybody (G10).
    settings.put("idle_in_transaction_session_timeout", "30s");
    settings.put("tcp_keepalives_idle", "30");

    settings.put("datestyle", "iso, mdy");
    settings.put("timezone", "UTC");
    settings.put("log_timezone", "UTC");
    settings.put("lc_messages", "C");
    // A failed statement's text could hold what nobody may read in a log (G6).
    settings.put("log_min_error_statement", "panic");
    settings.put("log_checkpoints", "off");
    return settings;
  }

  private String socketDirectories() {
    String path = socketDirectory.toString();
    boolean usable =
        path.getBytes(StandardCharsets.UTF_8).length <= SOCKET_DIRECTORY_LIMIT
            && path.indexOf(',') < 0
            && path.indexOf('"') < 0;
    return usable ? path : "";
  }
}
