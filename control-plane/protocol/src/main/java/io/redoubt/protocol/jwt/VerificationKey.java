package io.redoubt.protocol.jwt;

import io.redoubt.protocol.token.TokenDigest;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** A public P-256 key that stood every check when it was read, and the id it is known by. */
public final class VerificationKey {
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final int COORDINATE_BYTES = 32;
  private static final ECParameterSpec P256 =
      ((ECPublicKey) Es256.generate().getPublic()).getParams();

  private final String kid;
  private final ECPublicKey key;

  private VerificationKey(String kid, ECPublicKey key) {
    this.kid = kid;
    this.key = key;
  }

  static VerificationKey of(ECPublicKey key) {
    return new VerificationKey(thumbprint(key), Es256.own(key));
  }

  /**
   * Reads a public key.
   *
   * @throws IllegalArgumentException if it is not a point of P-256, or its {@code kid} is not its
   *     thumbprint: a key that could be known by a name of its choosing could shadow another
   */
  public static VerificationKey of(Jwk jwk) {
    if (!"EC".equals(jwk.kty())
        || !"P-256".equals(jwk.crv())
        || (jwk.use() != null && !"sig".equals(jwk.use()))
        || (jwk.alg() != null && !"ES256".equals(jwk.alg()))) {
      throw new IllegalArgumentException("not a P-256 key for signatures");
    }
    var point = new ECPoint(coordinate(jwk.x()), coordinate(jwk.y()));
    requireOnCurve(point);
    try {
      var key =
          (ECPublicKey)
              KeyFactory.getInstance("EC", "SunEC")
                  .generatePublic(new ECPublicKeySpec(point, P256));
      var read = of(key);
      if (!read.kid.equals(jwk.kid())) {
        throw new IllegalArgumentException("the key id is not the key's thumbprint");
      }
      return read;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not a P-256 key", e);
    }
  }

  /** y² = x³ + ax + b, and both below p: a point off the curve would leak or forge. */
  private static void requireOnCurve(ECPoint point) {
    var curve = P256.getCurve();
    var p = ((ECFieldFp) curve.getField()).getP();
    var x = point.getAffineX();
    var y = point.getAffineY();
    var right = x.pow(3).add(curve.getA().multiply(x)).add(curve.getB()).mod(p);
    if (x.compareTo(p) >= 0 || y.compareTo(p) >= 0 || !y.pow(2).mod(p).equals(right)) {
      throw new IllegalArgumentException("not a point of P-256");
    }
  }

  public String kid() {
    return kid;
  }

  public boolean verifies(byte[] message, byte[] signature) {
    return Es256.verify(key, message, signature);
  }

  public Jwk jwk() {
    return new Jwk("EC", "P-256", kid, "sig", "ES256", x(key), y(key));
  }

  private static BigInteger coordinate(@Nullable String text) {
    if (text == null) {
      throw new IllegalArgumentException("a coordinate is missing");
    }
    byte[] bytes = Base64.getUrlDecoder().decode(text);
    if (bytes.length != COORDINATE_BYTES) {
      throw new IllegalArgumentException("a coordinate of P-256 has 32 bytes");
    }
    return new BigInteger(1, bytes);
  }

  /** RFC 7638: SHA-256 over the required members in lexicographic order. */
  private static String thumbprint(ECPublicKey key) {
    String members =
        "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" + x(key) + "\",\"y\":\"" + y(key) + "\"}";
    return ENCODER.encodeToString(TokenDigest.of(members).bytes());
  }

  private static String x(ECPublicKey key) {
    return encode(key.getW().getAffineX());
  }

  private static String y(ECPublicKey key) {
    return encode(key.getW().getAffineY());
  }

  private static String encode(BigInteger coordinate) {
    byte[] bytes = coordinate.toByteArray();
    byte[] fixed = new byte[COORDINATE_BYTES];
    int length = Math.min(bytes.length, COORDINATE_BYTES);
    System.arraycopy(bytes, bytes.length - length, fixed, COORDINATE_BYTES - length, length);
    return ENCODER.encodeToString(fixed);
  }
}
