package io.redoubt.controlplane.iam;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Clock;
import org.junit.jupiter.api.Test;

class ProvenSecretsTest {
  private static final TokenDigest SECRET = TokenDigest.of("secret");
  private static final TokenDigest OTHER = TokenDigest.of("other");

  private final ProvenSecrets proven = new ProvenSecrets(2);
  private final ClientId client = ClientId.next(Clock.systemUTC());

  @Test
  void aSecretIsItsClientsAloneAndTheLastOneCounts() {
    proven.add(client, SECRET);

    assertThat(proven.contains(client, SECRET)).isTrue();
    assertThat(proven.contains(client, OTHER)).isFalse();
    assertThat(proven.contains(ClientId.next(Clock.systemUTC()), SECRET)).isFalse();
    proven.add(client, OTHER);
    assertThat(proven.contains(client, SECRET)).isFalse();
  }

  @Test
  void aWrongSecretMakesNoOtherWrong() {
    proven.add(client, SECRET);

    proven.remove(client, OTHER);
    assertThat(proven.contains(client, SECRET)).isTrue();
    proven.remove(client, SECRET);
    assertThat(proven.contains(client, SECRET)).isFalse();
  }

  @Test
  void whoDidNotLogInForLongestIsForgotten() {
    var second = ClientId.next(Clock.systemUTC());
    proven.add(client, SECRET);
    proven.add(second, SECRET);
    assertThat(proven.contains(client, SECRET)).isTrue();

    proven.add(ClientId.next(Clock.systemUTC()), SECRET);

    assertThat(proven.contains(client, SECRET)).isTrue();
    assertThat(proven.contains(second, SECRET)).isFalse();
  }
}
