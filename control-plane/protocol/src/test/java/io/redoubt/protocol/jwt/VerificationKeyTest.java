package io.redoubt.protocol.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.redoubt.protocol.json.Json;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VerificationKeyTest {
  private static final Jwk GOOD = SigningKey.generate().publicHalf().jwk();
  private static final Jwk OTHER = SigningKey.generate().publicHalf().jwk();

  @Test
  void aKeyComesBack() throws Exception {
    var key = SigningKey.generate();
    var read = Json.LENIENT.readValue(Json.write(key.publicHalf().jwk()), Jwk.class);

    assertThat(read).isEqualTo(key.publicHalf().jwk());
    assertThat(VerificationKey.of(read).verifies(new byte[] {1}, key.sign(new byte[] {1})))
        .isTrue();
  }

  @Test
  void theKeyIdIsTheThumbprintOfRfc7638() throws Exception {
    for (int i = 0; i < 50; i++) {
      var nimbus = new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate();
      var jwk = Json.LENIENT.readValue(nimbus.toPublicJWK().toJSONString(), Jwk.class);

      assertThat(VerificationKey.of(jwk).kid()).isEqualTo(nimbus.getKeyID());
    }
  }

  static Stream<Jwk> impostors() {
    return Stream.of(
        // a name of its choosing
        new Jwk("EC", "P-256", OTHER.kid(), "sig", "ES256", GOOD.x(), GOOD.y()),
        new Jwk("EC", "P-256", "latest", "sig", "ES256", GOOD.x(), GOOD.y()),
        // points off the curve
        new Jwk("EC", "P-256", GOOD.kid(), "sig", "ES256", GOOD.x(), OTHER.y()),
        new Jwk("EC", "P-256", GOOD.kid(), "sig", "ES256", GOOD.y(), GOOD.x()),
        new Jwk("EC", "P-256", GOOD.kid(), "sig", "ES256", coordinate(0), coordinate(0)),
        new Jwk("EC", "P-256", GOOD.kid(), "sig", "ES256", coordinate(0xff), coordinate(0xff)),
        // other keys, other uses
        new Jwk("RSA", "P-256", GOOD.kid(), "sig", "ES256", GOOD.x(), GOOD.y()),
        new Jwk("EC", "P-384", GOOD.kid(), "sig", "ES256", GOOD.x(), GOOD.y()),
        new Jwk("EC", "secp256k1", GOOD.kid(), "sig", "ES256", GOOD.x(), GOOD.y()),
        new Jwk("EC", "P-256", GOOD.kid(), "enc", "ES256", GOOD.x(), GOOD.y()),
        new Jwk("EC", "P-256", GOOD.kid(), "sig", "ES384", GOOD.x(), GOOD.y()),
        // coordinates that are none
        new Jwk("EC", "P-256", GOOD.kid(), "sig", "ES256", "", GOOD.y()),
        new Jwk("EC", "P-256", GOOD.kid(), "sig", "ES256", "!" + GOOD.x(), GOOD.y()),
        new Jwk("EC", "P-256", GOOD.kid(), "sig", "ES256", GOOD.x() + "AAAA", GOOD.y()),
        new Jwk("EC", "P-256", GOOD.kid(), "sig", "ES256", GOOD.x().substring(4), GOOD.y()));
  }

  @ParameterizedTest
  @MethodSource("impostors")
  void anImpostorIsRefused(Jwk impostor) {
    assertThatIllegalArgumentException().isThrownBy(() -> VerificationKey.of(impostor));
  }

  @Test
  void aKeyWithPartsMissingIsRefused() throws Exception {
    for (String missing : new String[] {"kty", "crv", "kid", "x", "y"}) {
      var tree = (com.fasterxml.jackson.databind.node.ObjectNode) Json.LENIENT.valueToTree(GOOD);
      tree.remove(missing);
      var jwk = Json.LENIENT.treeToValue(tree, Jwk.class);

      assertThatIllegalArgumentException().as(missing).isThrownBy(() -> VerificationKey.of(jwk));
    }
  }

  @Test
  void useAndAlgorithmMayBeLeftOut() {
    var bare = new Jwk("EC", "P-256", GOOD.kid(), null, null, GOOD.x(), GOOD.y());

    assertThat(VerificationKey.of(bare).jwk()).isEqualTo(GOOD);
  }

  @Test
  void aSigningKeyIsRestoredWithItsOwnPublicHalfAndNoOther() {
    var key = SigningKey.generate();

    var restored = SigningKey.restore(key.pkcs8(), key.publicHalf().jwk());

    assertThat(restored.kid()).isEqualTo(key.kid());
    assertThat(key.publicHalf().verifies(new byte[] {7}, restored.sign(new byte[] {7}))).isTrue();
    assertThatIllegalArgumentException().isThrownBy(() -> SigningKey.restore(key.pkcs8(), GOOD));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SigningKey.restore(new byte[] {1, 2, 3}, GOOD));
  }

  private static String coordinate(int octet) {
    byte[] bytes = new byte[32];
    java.util.Arrays.fill(bytes, (byte) octet);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
