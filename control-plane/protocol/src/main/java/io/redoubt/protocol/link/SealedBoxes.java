package io.redoubt.protocol.link;

import java.security.SecureRandom;
import java.util.Base64;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.crypto.params.X25519PrivateKeyParameters;

/**
 * Seals a secret to an enclave's enrolment key with HPKE in base mode (RFC 9180): X25519,
 * HKDF-SHA256, AES-256-GCM. What a box is for is bound into it, so a box moved to another place
 * does not open.
 */
public final class SealedBoxes {
  /** Bytes of a public and of a private key. */
  public static final int KEY_BYTES = 32;

  private static final HPKE SUITE =
      new HPKE(HPKE.mode_base, HPKE.kem_X25519_SHA256, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM256);
  private static final byte[] INFO = {};

  private SealedBoxes() {}

  /** A fresh private key, 32 bytes. */
  public static byte[] newPrivateKey() {
    return new X25519PrivateKeyParameters(new SecureRandom()).getEncoded();
  }

  /** The public half of a private key, 32 bytes. */
  public static byte[] publicKey(byte[] privateKey) {
    return new X25519PrivateKeyParameters(privateKey).generatePublicKey().getEncoded();
  }

  /**
   * Seals.
   *
   * @param publicKey 32 bytes
   * @param aad what the box is for
   * @throws IllegalArgumentException if the key is no X25519 public key
   */
  public static SealedBox seal(byte[] publicKey, byte[] aad, byte[] plaintext) {
    if (publicKey.length != KEY_BYTES) {
      throw new IllegalArgumentException("an X25519 key has 32 bytes");
    }
    try {
      byte[][] sealed =
          SUITE.seal(SUITE.deserializePublicKey(publicKey), INFO, aad, plaintext, null, null, null);
      var encoder = Base64.getEncoder();
      return new SealedBox(encoder.encodeToString(sealed[1]), encoder.encodeToString(sealed[0]));
    } catch (InvalidCipherTextException e) {
      throw new IllegalStateException("sealing does not read a ciphertext", e);
    }
  }

  /**
   * Opens.
   *
   * @param privateKey 32 bytes
   * @param aad the same as when it was sealed
   * @throws IllegalArgumentException if the box is not for this key and purpose, or was changed
   */
  public static byte[] open(byte[] privateKey, byte[] aad, SealedBox box) {
    byte[] publicKey = publicKey(privateKey);
    AsymmetricCipherKeyPair pair = SUITE.deserializePrivateKey(privateKey, publicKey);
    try {
      return SUITE.open(
          Base64.getDecoder().decode(box.encapsulated()),
          pair,
          INFO,
          aad,
          Base64.getDecoder().decode(box.ciphertext()),
          null,
          null,
          null);
    } catch (InvalidCipherTextException | IllegalArgumentException | IllegalStateException e) {
      throw new IllegalArgumentException("the box does not open with this key for this purpose", e);
    }
  }
}
