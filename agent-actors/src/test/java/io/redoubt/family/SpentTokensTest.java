package io.redoubt.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.redoubt.protocol.token.TokenDigest;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class SpentTokensTest {
  @Test
  void everyTokenIsRememberedUpToTheLimitAndThenTheOldestIsForgotten() {
    var spent = spent(SpentTokens.LIMIT);

    for (int i = 0; i < SpentTokens.LIMIT; i++) {
      assertThat(spent.contains(token(i))).as("token %d", i).isTrue();
    }
    assertThat(spent.contains(token(SpentTokens.LIMIT))).isFalse();

    var oneMore = spent.and(token(SpentTokens.LIMIT));

    assertThat(oneMore.contains(token(0))).isFalse();
    assertThat(oneMore.contains(token(1))).isTrue();
    assertThat(oneMore.contains(token(SpentTokens.LIMIT))).isTrue();
    assertThat(spent.contains(token(0))).as("what was is unchanged").isTrue();
  }

  @Test
  void whatIsWrittenIsReadAndNeverLongerThanTheLimit() {
    var most = spent(3 * SpentTokens.LIMIT);

    assertThat(SpentTokens.parse(most.toString())).isEqualTo(most);
    assertThat(Base64.getDecoder().decode(most.toString())).hasSize(8 * SpentTokens.LIMIT);
    assertThat(SpentTokens.parse("")).isEqualTo(SpentTokens.NONE);
    assertThatIllegalArgumentException().isThrownBy(() -> SpentTokens.parse("AAAA"));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            SpentTokens.parse(
                Base64.getEncoder().encodeToString(new byte[8 * (SpentTokens.LIMIT + 1)])));
  }

  private static SpentTokens spent(int count) {
    var spent = SpentTokens.NONE;
    for (int i = 0; i < count; i++) {
      spent = spent.and(token(i));
    }
    return spent;
  }

  private static TokenDigest token(int number) {
    return TokenDigest.of("token " + number);
  }
}
