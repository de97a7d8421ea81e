package io.redoubt.proxy.llm;

import io.redoubt.action.Estimate;
import io.redoubt.protocol.audit.Spend;
import org.jspecify.annotations.Nullable;

/** What a call takes of a budget at most, as far as its request tells. */
final class Estimator {
  /** What providers write into a prompt by themselves, mostly to explain tools. */
  private static final long UNSEEN_TOKENS = 1_000;

  private final PriceTable prices;
  private final LlmConfig.Estimate config;

  Estimator(PriceTable prices, LlmConfig.Estimate config) {
    this.prices = prices;
    this.config = config;
  }

  /** Null: the call costs nothing. */
  @Nullable Estimate of(LlmOperation operation, RequestFacts facts, long bodyBytes) {
    if (operation == LlmOperation.COUNT_TOKENS) {
      return null;
    }
    var price = prices.of(facts.model());
    long maxInput = price.map(Price::maxInput).orElse(config.maxInputTokens());
    long input =
        facts.extent().refersOutside()
            ? maxInput
            : Math.min(maxInput, bodyBytes / config.bytesPerToken() + UNSEEN_TOKENS);
    long output =
        operation == LlmOperation.EMBEDDINGS
            ? 0
            : facts.extent().output(price.map(Price::maxOutput).orElse(config.maxOutputTokens()));
    // Prices are those of the list: nobody knows here what is put on top.
    @Nullable Long cost =
        facts.extent().surcharged()
            ? null
            : price.map(known -> known.most(input, output)).orElse(null);
    return new Estimate(Spend.sum(input, output), cost);
  }
}
