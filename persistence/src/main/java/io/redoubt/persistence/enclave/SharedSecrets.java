package io.redoubt.persistence.enclave;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import java.security.SecureRandom;
import java.util.Optional;

/** Random secrets that all nodes of the enclave share, made once and kept sealed (G6). */
final class SharedSecrets {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;
  private final Keyring keyring;

  SharedSecrets(Database database, Keyring keyring) {
    this.database = database;
    this.keyring = keyring;
  }

  byte[] getOrCreate(String name, int bytes) {
    var sealed = find(name);
    if (sealed.isEmpty()) {
      byte[] fresh = new byte[bytes];
      RANDOM.nextBytes(fresh);
      add(name, keyring.sealShared(name, fresh));
      // Another node may have been first: what is stored counts.
      sealed = find(name);
    }
    return keyring.openShared(name, sealed.orElseThrow());
  }

  private Optional<byte[]> find(String name) {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery("SELECT sealed FROM enclave.shared_secret WHERE name = :name")
            .bind("name", name)
            .map((row, _) -> row.getBytes(1))
            .findOne());
  }

  private void add(String name, byte[] sealed) {
    int _ =
        database.inTransactionBlocking(handle ->
            handle
                .createUpdate(
                    "INSERT INTO enclave.shared_secret (name, sealed) VALUES (:name, :sealed)"
                        + " ON CONFLICT DO NOTHING")
                .bind("name", name)
                .bind("sealed", sealed)
                .execute());
  }
}
