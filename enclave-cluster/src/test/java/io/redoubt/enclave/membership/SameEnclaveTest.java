package io.redoubt.enclave.membership;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import org.apache.pekko.cluster.Invalid;
import org.apache.pekko.cluster.Valid$;
import org.junit.jupiter.api.Test;

class SameEnclaveTest {
  private static final Duration LEASE = Duration.ofMillis(800);
  private static final Config OURS = node("enc_1", "6", LEASE);

  private static Config node(String enclave, String schema, Duration lease) {
    return ConfigFactory.parseMap(SameEnclave.settings(enclave, schema, lease));
  }

  @Test
  void aNodeOfTheSameEnclaveIsLetIn() {
    assertThat(new SameEnclave().check(node("enc_1", "6", LEASE), OURS)).isEqualTo(Valid$.MODULE$);
  }

  /** Others wait for its lease to run out by their own measure. */
  @Test
  void aNodeThatMeasuresItsLeaseDifferentlyIsNot() {
    assertThat(new SameEnclave().check(node("enc_1", "6", Duration.ofMillis(801)), OURS))
        .isInstanceOf(Invalid.class);
  }

  @Test
  void norIsOneOfAnotherEnclaveOrOnAnotherSchema() {
    assertThat(new SameEnclave().check(node("enc_2", "6", LEASE), OURS))
        .isInstanceOf(Invalid.class);
    assertThat(new SameEnclave().check(node("enc_1", "7", LEASE), OURS))
        .isInstanceOf(Invalid.class);
  }
}
