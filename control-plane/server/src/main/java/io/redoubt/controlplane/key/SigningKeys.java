package io.redoubt.controlplane.key;

import io.redoubt.controlplane.store.Rows;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.Jwk;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.jwt.VerificationKey;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control plane's own ES256 keys: they sign operator tokens, commands and heartbeats. Shared by
 * all its processes through the database, private halves sealed. A new key is announced to
 * everybody before it signs, and the one before it verifies until its last token has expired.
 */
public final class SigningKeys {
  /** Issuer of every operator token. */
  public static final String ISSUER = "urn:redoubt:control-plane";

  /**
   * So many of the newest keys are looked at, most of which no longer sign or verify anything: they
   * only vouch for those that came after them, to enclaves that were away since.
   */
  private static final int VOUCHING = 12;

  /** An unknown key id costs at most one look into the database in this time. */
  private static final long RELOAD_MILLIS = 1_000;

  /** Any number nobody else uses: lets one process at a time make a key. */
  private static final long LOCK = 0x5265646f75627401L;

  private static final Logger LOG = LoggerFactory.getLogger(SigningKeys.class);

  private final Database database;
  private final Keyring keyring;
  private final SigningKeysConfig config;
  private final Clock clock;
  private volatile List<Entry> entries = List.of();
  private volatile long reloadedAt;
  private volatile JwkSet told = new JwkSet(List.of());

  private record Entry(SigningKey key, Instant signsFrom, @Nullable Instant verifiesUntil) {
    boolean verifiesAt(Instant now) {
      return verifiesUntil == null || now.isBefore(verifiesUntil);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Sealed(
      Jwk jwk, byte[] sealed, Instant signsFrom, @Nullable Instant verifiesUntil) {}

  public SigningKeys(Database database, Keyring keyring, SigningKeysConfig config, Clock clock) {
    this.database = database;
    this.keyring = keyring;
    this.config = config;
    this.clock = clock;
  }

  /** Reads the keys, and makes the first where there is none. Blocks. */
  public void start() {
    reload();
    if (entries.isEmpty()) {
      make(clock.instant());
      reload();
    }
    told = published();
  }

  /** The key that signs now. */
  public SigningKey current() {
    Instant now = clock.instant();
    return entries.stream()
        .filter(entry -> !entry.signsFrom().isAfter(now))
        .max(Comparator.comparing(Entry::signsFrom))
        .map(Entry::key)
        .orElseThrow(() -> new IllegalStateException("start() leaves a key that signs"));
  }

  /** The key of that id, if it is ours and still good. */
  public CompletionStage<Optional<VerificationKey>> find(String kid) {
    var known = known(kid);
    long now = clock.millis();
    if (known.isPresent() || now - reloadedAt < RELOAD_MILLIS) {
      return CompletableFuture.completedFuture(known);
    }
    reloadedAt = now;
    return CompletableFuture.supplyAsync(
        () -> {
          reload();
          return known(kid);
        },
        Thread::startVirtualThread);
  }

  private Optional<VerificationKey> known(String kid) {
    Instant now = clock.instant();
    return entries.stream()
        .filter(entry -> entry.key().kid().equals(kid) && entry.verifiesAt(now))
        .map(entry -> entry.key().publicHalf())
        .findFirst();
  }

  /** Every key that verifies, those announced included. */
  public JwkSet published() {
    Instant now = clock.instant();
    return new JwkSet(
        entries.stream()
            .filter(entry -> entry.verifiesAt(now))
            .map(entry -> entry.key().publicHalf().jwk())
            .toList());
  }

  /**
   * The published set, signed by the oldest key in it: whoever trusts that one may trust the rest.
   * Empty while there is but one.
   */
  public Optional<String> publishedSigned() {
    Instant now = clock.instant();
    var good = entries.stream().filter(entry -> entry.verifiesAt(now)).toList();
    return good.size() < 2
        ? Optional.empty()
        : good.stream()
            .min(Comparator.comparing(Entry::signsFrom))
            .map(oldest -> Jws.sign(oldest.key(), Jws.Type.LINK_COMMAND, Json.write(published())));
  }

  /**
   * The published set, signed by each of the newest keys there were: an enclave trusts those that
   * it saw last, however many came and went since, up to a limit.
   */
  public List<String> publishedVouched() {
    byte[] set = Json.write(published());
    return entries.stream()
        .map(entry -> Jws.sign(entry.key(), Jws.Type.LINK_COMMAND, set))
        .toList();
  }

  /**
   * Reads what other processes made, and announces a new key where the newest is due. Blocks.
   *
   * @return whether the published set is another than when this was last asked, or started
   */
  public boolean tend() {
    reload();
    if (isDue(newest(), clock.instant())) {
      make(clock.instant().plus(config.announce()));
      reload();
    }
    var now = published();
    boolean changed = !now.equals(told);
    told = now;
    return changed;
  }

  private boolean isDue(@Nullable Instant newest, Instant now) {
    return newest == null || newest.plus(config.rotateAfter()).isBefore(now);
  }

  private @Nullable Instant newest() {
    return entries.stream().map(Entry::signsFrom).max(Comparator.naturalOrder()).orElse(null);
  }

  private void make(Instant signsFrom) {
    var key = SigningKey.generate();
    byte[] sealed = keyring.sealShared(sealName(key.kid()), key.pkcs8());
    boolean made =
        database.inTransactionBlocking(handle -> {
          handle.execute("SELECT pg_advisory_xact_lock(?)", LOCK);
          Instant newest =
              handle
                  .createQuery("SELECT max(signs_from) FROM control.signing_key")
                  .mapTo(Instant.class)
                  .findOne()
                  .orElse(null);
          // Another process may have been faster.
          return isDue(newest, clock.instant()) && insert(handle, key, sealed, signsFrom);
        });
    if (made) {
      LOG.info("New signing key {}, in use from {}", key.kid(), signsFrom);
    }
  }

  private boolean insert(Handle handle, SigningKey key, byte[] sealed, Instant signsFrom) {
    handle
        .createUpdate(
            "UPDATE control.signing_key SET verifies_until = :until WHERE verifies_until IS NULL")
        .bind("until", signsFrom.plus(config.overlap()))
        .execute();
    return handle
            .createUpdate(
                """
                INSERT INTO control.signing_key (kid, jwk, sealed, signs_from)
                VALUES (:kid, CAST(:jwk AS jsonb), :sealed, :signsFrom)
                """)
            .bind("kid", key.kid())
            .bind("jwk", Rows.json(key.publicHalf().jwk()))
            .bind("sealed", sealed)
            .bind("signsFrom", signsFrom)
            .execute()
        == 1;
  }

  private void reload() {
    reloadedAt = clock.millis();
    List<Sealed> rows =
        database.inTransactionBlocking(handle ->
            handle
                .createQuery(
                    """
                    SELECT jwk, sealed, signs_from, verifies_until FROM control.signing_key
                    ORDER BY signs_from DESC LIMIT :most
                    """)
                .bind("most", VOUCHING)
                .map((row, _) ->
                    new Sealed(
                        Rows.json(row, "jwk", Jwk.class),
                        row.getBytes("sealed"),
                        Rows.instant(row, "signs_from"),
                        Rows.instantOrNull(row, "verifies_until")))
                .list());
    var known = entries;
    entries =
        rows.reversed().stream()
            .map(row ->
                new Entry(
                    known.stream()
                        .map(Entry::key)
                        .filter(key -> key.kid().equals(row.jwk().kid()))
                        .findFirst()
                        .orElseGet(() -> open(row)),
                    row.signsFrom(),
                    row.verifiesUntil()))
            .toList();
  }

  private SigningKey open(Sealed row) {
    return SigningKey.restore(
        keyring.openShared(sealName(row.jwk().kid()), row.sealed()), row.jwk());
  }

  private static String sealName(String kid) {
    return "signing-key/" + kid;
  }
}
