package io.redoubt.proxy.authenticate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;

class AuthenticateConfigTest {
  @Test
  void aValueOutOfItsRangeIsNamedWithItsPath() {
    var config =
        ConfigFactory.parseString("redoubt.proxy.authenticate.dpop.proof-age = 1 h")
            .withFallback(ConfigFactory.load());

    assertThatThrownBy(() -> AuthenticateConfig.from(config))
        .hasMessageContaining("redoubt.proxy.authenticate.dpop.proof-age");
    assertThat(AuthenticateConfig.from(ConfigFactory.load()).verifiedTokens()).isPositive();
  }
}
