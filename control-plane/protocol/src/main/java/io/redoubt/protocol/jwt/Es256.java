package io.redoubt.protocol.jwt;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ECDSA over P-256 with SHA-256, signature as the 64 bytes R ‖ S (RFC 7518 §3.4). Uses Amazon's
 * accelerated provider where its native library loads, which costs a sixth of the JDK's, and the
 * JDK otherwise; the result is the same.
 */
final class Es256 {
  static final String CURVE = "secp256r1";
  static final int SIGNATURE_BYTES = 64;
  private static final String ALGORITHM = "SHA256withECDSAinP1363Format";
  private static final Logger LOG = LoggerFactory.getLogger(Es256.class);
  private static final Provider PROVIDER = provider();

  private Es256() {}

  private static Provider provider() {
    var accelerated = AmazonCorrettoCryptoProvider.INSTANCE;
    if (accelerated.getLoadingError() == null
        && accelerated.getService("Signature", ALGORITHM) != null) {
      return accelerated;
    }
    LOG.info("Accelerated cryptography is not available here; signing with the JDK's own");
    return Security.getProvider("SunEC");
  }

  static KeyPair generate() {
    try {
      var generator = KeyPairGenerator.getInstance("EC", "SunEC");
      generator.initialize(new ECGenParameterSpec(CURVE));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has P-256", e);
    }
  }

  /**
   * The same key in the form of the provider that will use it: a foreign one is parsed anew for
   * every signature, which costs more than the signature.
   *
   * @throws IllegalArgumentException if it is no key of an elliptic curve
   */
  static PrivateKey own(PrivateKey key) {
    try {
      return KeyFactory.getInstance("EC", PROVIDER)
          .generatePrivate(new PKCS8EncodedKeySpec(key.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not an EC private key", e);
    }
  }

  /** Likewise for the public half. */
  static ECPublicKey own(ECPublicKey key) {
    try {
      return (ECPublicKey)
          KeyFactory.getInstance("EC", PROVIDER)
              .generatePublic(new X509EncodedKeySpec(key.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not an EC public key", e);
    }
  }

  static byte[] sign(PrivateKey key, byte[] message) {
    try {
      var signature = Signature.getInstance(ALGORITHM, PROVIDER);
      signature.initSign(key);
      signature.update(message);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("signing with a key of ours", e);
    }
  }

  static boolean verify(PublicKey key, byte[] message, byte[] signed) {
    if (signed.length != SIGNATURE_BYTES) {
      return false;
    }
    try {
      var signature = Signature.getInstance(ALGORITHM, PROVIDER);
      signature.initVerify(key);
      signature.update(message);
      return signature.verify(signed);
    } catch (SignatureException _) {
      return false; // R or S outside its range: just another wrong signature
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("verifying with a key that was checked when read", e);
    }
  }
}
