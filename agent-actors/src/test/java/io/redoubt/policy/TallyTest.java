package io.redoubt.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TallyTest {
  @Test
  void anOperationAndATime() {
    assertThat(Tally.parse("tool:call within 10m"))
        .hasValue(new Tally("tool:call within 10m", "tool:call", Duration.ofMinutes(10)));
  }

  @Test
  void aResourceMayHaveSpacesAndWordsOfOurs() {
    assertThat(Tally.parse("mcp:call files/read within 5s within 2d").orElseThrow().name())
        .isEqualTo("mcp:call files/read within 5s");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "within 10m",
        "tool:call",
        "tool:call within",
        "tool:call within 0m",
        "tool:call within 10",
        "tool:call within 10y",
        "tool:call within 8d",
        "tool:call within 9999999s",
        "tool:dream within 10m",
        "tool:call  within 10m ",
      })
  void nothingElse(String text) {
    assertThat(Tally.parse(text)).isEmpty();
  }
}
