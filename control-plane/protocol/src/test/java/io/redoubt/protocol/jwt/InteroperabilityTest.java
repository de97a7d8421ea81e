package io.redoubt.protocol.jwt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.redoubt.protocol.json.Json;
import org.junit.jupiter.api.Test;

/** Ours verify with a library that everybody uses, and its own verify with ours. */
class InteroperabilityTest {
  private static final byte[] PAYLOAD = "{\"iss\":\"me\"}".getBytes(UTF_8);

  @Test
  void theirLibraryVerifiesOurTokens() throws Exception {
    for (int i = 0; i < 50; i++) {
      var key = SigningKey.generate();
      var token = JWSObject.parse(Jws.sign(key, Jws.Type.AGENT_ACCESS, PAYLOAD));
      var published = ECKey.parse(new String(Json.write(key.publicHalf().jwk()), UTF_8));

      assertThat(token.verify(new ECDSAVerifier(published))).isTrue();
      assertThat(token.getHeader().getAlgorithm()).isEqualTo(JWSAlgorithm.ES256);
      assertThat(token.getHeader().getType()).isEqualTo(new JOSEObjectType("at+jwt"));
      assertThat(token.getHeader().getKeyID()).isEqualTo(published.computeThumbprint().toString());
    }
  }

  @Test
  void weVerifyTheirTokens() throws Exception {
    for (int i = 0; i < 50; i++) {
      var key = new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate();
      var token = new JWSObject(header(JWSAlgorithm.ES256, key.getKeyID()), new Payload(PAYLOAD));
      token.sign(new ECDSASigner(key));
      var ours =
          VerificationKey.of(Json.LENIENT.readValue(key.toPublicJWK().toJSONString(), Jwk.class));

      var read = Jws.parse(Jws.Type.AGENT_ACCESS, token.serialize(), 4096).orElseThrow();

      assertThat(read.payloadIfSignedBy(ours)).contains(PAYLOAD);
    }
  }

  @Test
  void theirTokensOfOtherAlgorithmsAreRefused() throws Exception {
    var mac = new JWSObject(header(JWSAlgorithm.HS256, "kid"), new Payload(PAYLOAD));
    mac.sign(new MACSigner(new byte[32]));
    var wide = new ECKeyGenerator(Curve.P_384).generate();
    var es384 = new JWSObject(header(JWSAlgorithm.ES384, "kid"), new Payload(PAYLOAD));
    es384.sign(new ECDSASigner(wide));

    assertThat(Jws.parse(Jws.Type.AGENT_ACCESS, mac.serialize(), 4096)).isEmpty();
    assertThat(Jws.parse(Jws.Type.AGENT_ACCESS, es384.serialize(), 4096)).isEmpty();
  }

  private static JWSHeader header(JWSAlgorithm algorithm, String kid) {
    return new JWSHeader.Builder(algorithm).keyID(kid).type(new JOSEObjectType("at+jwt")).build();
  }
}
