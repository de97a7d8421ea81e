package io.redoubt.protocol.jwt;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;

/** A P-256 key pair that signs. */
public final class SigningKey {
  private final PrivateKey privateKey;
  private final VerificationKey publicHalf;

  private SigningKey(PrivateKey privateKey, VerificationKey publicHalf) {
    this.privateKey = privateKey;
    this.publicHalf = publicHalf;
  }

  public static SigningKey generate() {
    KeyPair pair = Es256.generate();
    return new SigningKey(
        Es256.own(pair.getPrivate()), VerificationKey.of((ECPublicKey) pair.getPublic()));
  }

  /**
   * Restores a key kept by {@link #pkcs8} beside its public half.
   *
   * @throws IllegalArgumentException if the two do not belong together
   */
  public static SigningKey restore(byte[] pkcs8, Jwk publicHalf) {
    try {
      var key =
          KeyFactory.getInstance("EC", "SunEC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      var restored = new SigningKey(Es256.own(key), VerificationKey.of(publicHalf));
      byte[] probe = {1};
      if (!restored.publicHalf.verifies(probe, restored.sign(probe))) {
        throw new IllegalArgumentException("the halves of the key do not belong together");
      }
      return restored;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not a P-256 private key", e);
    }
  }

  public String kid() {
    return publicHalf.kid();
  }

  public VerificationKey publicHalf() {
    return publicHalf;
  }

  /** The private half, for sealing and for nothing else. */
  public byte[] pkcs8() {
    return privateKey.getEncoded();
  }

  /** 64 bytes, R ‖ S. */
  public byte[] sign(byte[] message) {
    return Es256.sign(privateKey, message);
  }

  @Override
  public String toString() {
    return "SigningKey[" + kid() + "]";
  }
}
