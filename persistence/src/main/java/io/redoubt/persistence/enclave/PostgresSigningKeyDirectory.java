package io.redoubt.persistence.enclave;

import io.redoubt.identity.SigningKeyDirectory;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.jwt.Jwk;
import io.redoubt.protocol.jwt.VerificationKey;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Public signing keys in PostgreSQL. Each row carries an HMAC under a key that only the enclave's
 * nodes can unseal, so writing to the table is not enough to mint identities (decision 6).
 */
final class PostgresSigningKeyDirectory implements SigningKeyDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresSigningKeyDirectory.class);
  private static final String ALGORITHM = "HmacSHA256";
  private static final String PROOF_KEY = "signing-key-proof";
  private static final int PROOF_KEY_BYTES = 32;

  private final Database database;
  private final SharedSecrets secrets;

  PostgresSigningKeyDirectory(Database database, SharedSecrets secrets) {
    this.database = database;
    this.secrets = secrets;
  }

  @Override
  public CompletionStage<Void> publish(VerificationKey key, String node, Instant notAfter) {
    // As the database and the proof know it, in whole seconds.
    Instant until = notAfter.truncatedTo(ChronoUnit.SECONDS);
    String jwk = Documents.write(key.jwk());
    return database.blocking(() -> {
      byte[] proof = proof(key.kid(), node, until, jwk);
      int _ =
          database.inTransactionBlocking(handle ->
              handle
                  .createUpdate(
                      "INSERT INTO enclave.signing_key (kid, node, not_after, jwk, proof)"
                          + " VALUES (:kid, :node, :notAfter, :jwk, :proof)"
                          + " ON CONFLICT (kid) DO UPDATE SET node = excluded.node,"
                          + " not_after = excluded.not_after, jwk = excluded.jwk,"
                          + " proof = excluded.proof")
                  .bind("kid", key.kid())
                  .bind("node", node)
                  .bind("notAfter", until)
                  .bind("jwk", jwk)
                  .bind("proof", proof)
                  .execute());
      return null;
    });
  }

  @Override
  public CompletionStage<Optional<VerificationKey>> find(String kid, Instant now) {
    return database.blocking(() ->
        database
            .inTransactionBlocking(handle ->
                handle
                    .createQuery(
                        "SELECT kid, node, not_after, jwk, proof FROM enclave.signing_key"
                            + " WHERE kid = :kid AND not_after > :now")
                    .bind("kid", kid)
                    .bind("now", now)
                    .map((row, _) -> genuine(row))
                    .findOne())
            .flatMap(key -> key));
  }

  @Override
  public CompletionStage<List<VerificationKey>> all(Instant now) {
    return database.blocking(() ->
        database
            .inTransactionBlocking(handle ->
                handle
                    .createQuery(
                        "SELECT kid, node, not_after, jwk, proof FROM enclave.signing_key"
                            + " WHERE not_after > :now ORDER BY kid")
                    .bind("now", now)
                    .map((row, _) -> genuine(row))
                    .list())
            .stream()
            .flatMap(Optional::stream)
            .toList());
  }

  @Override
  public CompletionStage<Integer> forget(Instant before) {
    return database.inTransaction(handle ->
        handle
            .createUpdate("DELETE FROM enclave.signing_key WHERE not_after < :before")
            .bind("before", before)
            .execute());
  }

  private Optional<VerificationKey> genuine(ResultSet row) throws SQLException {
    String kid = row.getString(1);
    String jwk = row.getString(4);
    byte[] expected = proof(kid, row.getString(2), row.getTimestamp(3).toInstant(), jwk);
    if (!MessageDigest.isEqual(expected, row.getBytes(5))) {
      LOG.error("a signing key that no node of this enclave wrote: {}", kid);
      return Optional.empty();
    }
    var key = VerificationKey.of(Documents.read(jwk, Jwk.class));
    return key.kid().equals(kid) ? Optional.of(key) : Optional.empty();
  }

  private byte[] proof(String kid, String node, Instant notAfter, String jwk) {
    try {
      var mac = Mac.getInstance(ALGORITHM);
      mac.init(proofKey());
      for (String part : List.of(kid, node, Long.toString(notAfter.getEpochSecond()), jwk)) {
        mac.update(part.getBytes(StandardCharsets.UTF_8));
        mac.update((byte) 0);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC is part of every JDK", e);
    }
  }

  private SecretKey proofKey() {
    return new SecretKeySpec(secrets.getOrCreate(PROOF_KEY, PROOF_KEY_BYTES), ALGORITHM);
  }
}
