package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PriceTableTest {
  private static final Price.Rates RATES = new Price.Rates(1, 2, 3, 4, 5);

  private static String priced(PriceTable prices, String model) {
    return prices.of(model).map(Price::model).orElse("none");
  }

  @Test
  void aNameStandsForItsDatedVersionsAndForNothingElse() {
    var prices = PriceTable.with(List.of());

    assertThat(priced(prices, "gpt-4o-mini-2024-07-18")).isEqualTo("gpt-4o-mini");
    assertThat(priced(prices, "gpt-4o-2024-08-06")).isEqualTo("gpt-4o");
    assertThat(priced(prices, "gpt-4o-2024-05-13")).isEqualTo("gpt-4o-2024-05-13");
    assertThat(priced(prices, "claude-opus-4-7")).isEqualTo("claude-opus-4-7");
    assertThat(priced(prices, "claude-opus-4-20250514")).isEqualTo("claude-opus-4");
    assertThat(priced(prices, "claude-opus-4-99")).isEqualTo("none");
    assertThat(priced(prices, "gpt-4o-audio-preview")).isEqualTo("none");
    assertThat(priced(prices, "llama-3")).isEqualTo("none");
  }

  @Test
  void aLongPromptIsChargedByItsOwnRates() {
    var price = PriceTable.with(List.of()).of("claude-haiku-5-5").orElseThrow();

    assertThat(price.ratesFor(100_000).input()).isEqualTo(100_000);
    assertThat(price.ratesFor(100_001).input()).isEqualTo(500_000);
  }

  @Test
  void theConfigurationGoesFirst() {
    var prices = PriceTable.with(List.of(new Price("gpt-4*", RATES, null)));

    assertThat(priced(prices, "gpt-4o-mini")).isEqualTo("gpt-4*");
    assertThat(priced(prices, "gpt-5")).isEqualTo("gpt-5");
  }
}
