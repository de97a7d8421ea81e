package io.redoubt.protocol.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelAccessTest {

  @ParameterizedTest
  @CsvSource({
    "claude-*, claude-sonnet, true",
    "claude-*, claude-, true",
    "claude-*, claude, false",
    "*, anything, true",
    "*, '', true",
    "'', '', true",
    "'', a, false",
    "gpt-5, gpt-5, true",
    "gpt-5, gpt-5-mini, false",
    "gpt-5, GPT-5, false",
    "*-mini, gpt-5-mini, true",
    "*-mini, gpt-5-mini-x, false",
    "a*b*c, abc, true",
    "a*b*c, a-b-b-c, true",
    "a*b*c, a-c-b, false",
    "a**c, ac, true",
    "a.c, abc, false",
    "a?c, abc, false",
    "gpt-*-2026, gpt-5-2026-2026, true",
  })
  void aStarStandsForAnyRunOfCharacters(String pattern, String model, boolean matches) {
    assertThat(ModelAccess.matches(pattern, model)).isEqualTo(matches);
  }

  @Test
  void theBlockListWins() {
    var access = new ModelAccess(List.of("claude-*"), List.of("*-old"));

    assertThat(access.permits("claude-new")).isTrue();
    assertThat(access.permits("claude-old")).isFalse();
    assertThat(access.permits("gpt-5")).isFalse();
  }

  @Test
  void anEmptyAllowListAllowsWhatIsNotBlocked() {
    assertThat(ModelAccess.ANY.permits("anything")).isTrue();
    assertThat(new ModelAccess(List.of(), List.of("x")).permits("x")).isFalse();
    assertThat(new ModelAccess(List.of(), List.of("x")).permits("y")).isTrue();
  }

  @Test
  void aHostilePatternCostsNoTime() {
    String pattern = "a*".repeat(60) + "b";
    String model = "a".repeat(2_000);

    Assertions.assertTimeout(
        Duration.ofSeconds(1), () -> assertThat(ModelAccess.matches(pattern, model)).isFalse());
  }
}
