package io.redoubt.multinode.badinput;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.multinode.product.Documents;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** JWTs that look like a genuine one and are not. */
final class ForgedTokens {
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  private final ObjectNode head;
  private final ObjectNode claims;
  private final String genuine;
  private final JsonNode publicKey;

  /**
   * Forgeries of a token.
   *
   * @param publicKey as JWK: the secret of an HS256 that mistakes one for the other
   */
  ForgedTokens(String genuine, JsonNode publicKey) {
    String[] parts = genuine.split("\\.", -1);
    this.genuine = genuine;
    this.head = (ObjectNode) decode(parts[0]);
    this.claims = (ObjectNode) decode(parts[1]);
    this.publicKey = publicKey;
  }

  /** What each is, and itself. */
  Map<String, String> all() throws GeneralSecurityException {
    var forged = new LinkedHashMap<String, String>();
    String signature = genuine.substring(genuine.lastIndexOf('.') + 1);
    forged.put("nothing", "");
    forged.put("no JWT", "abc");
    forged.put("only dots", "..");
    forged.put("cut in the middle", genuine.substring(0, genuine.length() / 2));
    forged.put("cut by one character", genuine.substring(0, genuine.length() - 1));
    forged.put("longer by one character", genuine + "A");
    forged.put("five parts", genuine + ".a.b");
    forged.put("without its signature", genuine.substring(0, genuine.lastIndexOf('.') + 1));
    forged.put("alg none", encode(withAlg("none")) + "." + encode(claims) + ".");
    forged.put("alg None", encode(withAlg("None")) + "." + encode(claims) + "." + signature);
    forged.put(
        "no alg", encode(head.deepCopy().without("alg")) + "." + encode(claims) + "." + signature);
    forged.put("HS256 with the public key", hs256());
    var stranger = keyPair();
    forged.put("another key under the same kid", es256(stranger, head, claims));
    forged.put(
        "its own key in the head",
        es256(stranger, head.deepCopy().set("jwk", jwk(stranger)), claims));
    forged.put(
        "a key from elsewhere",
        es256(stranger, head.deepCopy().put("jku", "http://127.0.0.1:1/jwks.json"), claims));
    forged.put("an unknown kid", es256(stranger, head.deepCopy().put("kid", "nobody"), claims));
    forged.put(
        "a kid that is a path",
        es256(stranger, head.deepCopy().put("kid", "../../dev/null"), claims));
    forged.put(
        "a kid that is SQL", es256(stranger, head.deepCopy().put("kid", "' OR 1=1 --"), claims));
    forged.put(
        "claims exchanged",
        encode(head) + "." + encode(claims.deepCopy().put("exp", 4e9)) + "." + signature);
    forged.put("a signature of zeros", signed(new byte[64]));
    forged.put("a signature in DER", signed(der(stranger)));
    forged.put("critical and unknown", critical(stranger));
    forged.put("huge", "e" + "y".repeat(12_000));
    return forged;
  }

  private ObjectNode withAlg(String alg) {
    return head.deepCopy().put("alg", alg);
  }

  private String signed(byte[] signature) {
    return encode(head) + "." + encode(claims) + "." + BASE64.encodeToString(signature);
  }

  private String critical(KeyPair keys) throws GeneralSecurityException {
    var critical = head.deepCopy();
    critical.putArray("crit").add("b64");
    return es256(keys, critical.put("b64", false), claims);
  }

  private String hs256() throws GeneralSecurityException {
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(
        new SecretKeySpec(
            Documents.write(publicKey).getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    String body = encode(withAlg("HS256")) + "." + encode(claims);
    return body
        + "."
        + BASE64.encodeToString(mac.doFinal(body.getBytes(StandardCharsets.US_ASCII)));
  }

  private static String es256(KeyPair keys, JsonNode head, JsonNode claims)
      throws GeneralSecurityException {
    var signer = Signature.getInstance("SHA256withECDSAinP1363Format");
    signer.initSign(keys.getPrivate());
    String body = encode(head) + "." + encode(claims);
    signer.update(body.getBytes(StandardCharsets.US_ASCII));
    return body + "." + BASE64.encodeToString(signer.sign());
  }

  private byte[] der(KeyPair keys) throws GeneralSecurityException {
    var signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(keys.getPrivate());
    signer.update((encode(head) + "." + encode(claims)).getBytes(StandardCharsets.US_ASCII));
    return signer.sign();
  }

  private static KeyPair keyPair() throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static JsonNode jwk(KeyPair keys) {
    var point = ((ECPublicKey) keys.getPublic()).getW();
    return Documents.object()
        .put("kty", "EC")
        .put("crv", "P-256")
        .put("x", coordinate(point.getAffineX()))
        .put("y", coordinate(point.getAffineY()));
  }

  private static String coordinate(BigInteger number) {
    byte[] bytes = number.toByteArray();
    var fixed = new byte[32];
    int length = Math.min(32, bytes.length);
    System.arraycopy(bytes, bytes.length - length, fixed, 32 - length, length);
    return BASE64.encodeToString(fixed);
  }

  private static JsonNode decode(String part) {
    return Documents.parse(new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8));
  }

  private static String encode(JsonNode node) {
    return BASE64.encodeToString(Documents.write(node).getBytes(StandardCharsets.UTF_8));
  }
}
