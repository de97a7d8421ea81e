package io.redoubt.persistence.sealing;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals and opens secrets under keys of their organization (G6). What is sealed reads: 12-byte
 * nonce, version, 4-byte key number, AES-256-GCM ciphertext with its tag. Version, key number,
 * organization and the identity of the row are authenticated with it, so nothing opens in another
 * place than the one it was sealed for.
 */
public final class Keyring {
  private static final byte VERSION = 1;
  private static final int HEADER_BYTES = 1 + Integer.BYTES;
  private static final int CACHED_KEYS = 10_000;

  /** By which what is sealed is longer than what it holds. */
  public static final int OVERHEAD_BYTES = AesGcm.NONCE_BYTES + HEADER_BYTES + AesGcm.TAG_BYTES;

  private record KeyName(OrganizationId organization, int keyId) {}

  private record DataKey(int keyId, SecretKey key) {}

  private final KeyProvider provider;
  private final Database database;
  private final OrganizationKeys stored;
  private final KeySchema schema;
  private final Map<KeyName, DataKey> known = new ConcurrentHashMap<>();
  private final Map<OrganizationId, DataKey> newest = new ConcurrentHashMap<>();

  public Keyring(KeyProvider provider, Database database, KeySchema schema) {
    this.provider = provider;
    this.database = database;
    this.schema = schema;
    this.stored = new OrganizationKeys(database, schema);
  }

  /**
   * Seals without blocking: at once where the key is known, else after it was fetched.
   *
   * @param row identity of the row it is kept in, such as {@code provider/anthropic}
   */
  public CompletionStage<byte[]> seal(OrganizationId organization, String row, byte[] plaintext) {
    if (newest.containsKey(organization)) {
      return CompletableFuture.completedFuture(sealNow(organization, row, plaintext));
    }
    return database.blocking(() -> sealNow(organization, row, plaintext));
  }

  /**
   * Opens what {@link #seal} sealed for the same organization and row.
   *
   * @return fails with {@link SealBrokenException} if it is not that
   */
  public CompletionStage<byte[]> open(OrganizationId organization, String row, byte[] sealed) {
    return database.blocking(() -> openNow(organization, row, sealed));
  }

  /** {@link #seal} on the caller's thread; goes to the database where the key is not known yet. */
  public byte[] sealNow(OrganizationId organization, String row, byte[] plaintext) {
    var key = current(organization);
    byte[] header = ByteBuffer.allocate(HEADER_BYTES).put(VERSION).putInt(key.keyId()).array();
    return AesGcm.seal(key.key(), header, associated(organization, row), plaintext);
  }

  /**
   * {@link #open} on the caller's thread; goes to the database where the key is not known yet.
   *
   * @throws SealBrokenException if it was changed, or sealed for another row or organization
   */
  public byte[] openNow(OrganizationId organization, String row, byte[] sealed) {
    if (sealed.length < AesGcm.NONCE_BYTES + HEADER_BYTES + AesGcm.TAG_BYTES
        || sealed[AesGcm.NONCE_BYTES] != VERSION) {
      throw new SealBrokenException("not something this release sealed");
    }
    int keyId = ByteBuffer.wrap(sealed).getInt(AesGcm.NONCE_BYTES + 1);
    return AesGcm.open(
        key(organization, keyId).key(), HEADER_BYTES, associated(organization, row), sealed);
  }

  /** Gives the organization a new key; what older keys sealed still opens. */
  public void rotateNow(OrganizationId organization) {
    int next = stored.newest(organization).map(OrganizationKeys.Wrapped::keyId).orElse(0) + 1;
    newest.put(organization, create(organization, next));
  }

  /**
   * Makes the keys of an organization known, so that {@link #sealNow} and {@link #openNow} of what
   * is sealed from now on do not go to the database.
   */
  public void warmNow(OrganizationId organization) {
    current(organization);
  }

  /**
   * Seals a secret that belongs to the service and to no organization, by the master key itself.
   */
  public byte[] sealShared(String name, byte[] plaintext) {
    return provider.wrap(plaintext, "redoubt/" + schema + "/shared/" + name);
  }

  /** Opens what {@link #sealShared} sealed under that name. */
  public byte[] openShared(String name, byte[] sealed) {
    return provider.unwrap(sealed, "redoubt/" + schema + "/shared/" + name);
  }

  private DataKey current(OrganizationId organization) {
    var cached = newest.get(organization);
    if (cached != null) {
      return cached;
    }
    var key =
        stored
            .newest(organization)
            .map(wrapped -> unwrap(organization, wrapped))
            .orElseGet(() -> create(organization, 1));
    bound(newest);
    newest.put(organization, key);
    return key;
  }

  private DataKey key(OrganizationId organization, int keyId) {
    var cached = newest.get(organization);
    if (cached != null && cached.keyId() == keyId) {
      return cached;
    }
    var name = new KeyName(organization, keyId);
    var other = known.get(name);
    if (other != null) {
      return other;
    }
    var key =
        stored
            .find(organization, keyId)
            .map(wrapped -> unwrap(organization, wrapped))
            .orElseThrow(() -> new SealBrokenException("sealed under a key that is not there"));
    bound(known);
    known.put(name, key);
    return key;
  }

  private DataKey create(OrganizationId organization, int keyId) {
    byte[] fresh = AesGcm.random(AesGcm.KEY_BYTES);
    stored.add(organization, keyId, provider.wrap(fresh, context(organization, keyId)));
    // Another node may have been first: what is stored counts.
    return stored
        .find(organization, keyId)
        .map(wrapped -> unwrap(organization, wrapped))
        .orElseThrow(() -> new IllegalStateException("a key that was just kept is not there"));
  }

  private DataKey unwrap(OrganizationId organization, OrganizationKeys.Wrapped wrapped) {
    byte[] key = provider.unwrap(wrapped.bytes(), context(organization, wrapped.keyId()));
    return new DataKey(wrapped.keyId(), new SecretKeySpec(key, "AES"));
  }

  private String context(OrganizationId organization, int keyId) {
    return "redoubt/" + schema + "/" + organization + "/" + keyId;
  }

  private byte[] associated(OrganizationId organization, String row) {
    return (schema + "/" + organization + "/" + row).getBytes(StandardCharsets.UTF_8);
  }

  /** Keeps a cache below its limit; which entry goes does not matter, it can be had again. */
  private static <K> void bound(Map<K, ?> cache) {
    Iterator<K> keys = cache.keySet().iterator();
    while (cache.size() >= CACHED_KEYS && keys.hasNext()) {
      keys.next();
      keys.remove();
    }
  }
}
