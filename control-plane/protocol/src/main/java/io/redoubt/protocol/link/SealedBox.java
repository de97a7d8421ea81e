package io.redoubt.protocol.link;

/**
 * A secret sealed to a public key with HPKE (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * AES-256-GCM, base mode. Both parts are base64.
 *
 * @param encapsulated the encapsulated key
 * @param ciphertext with its tag
 */
public record SealedBox(String encapsulated, String ciphertext) {}
