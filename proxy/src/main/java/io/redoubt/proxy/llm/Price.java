package io.redoubt.proxy.llm;

import com.typesafe.config.Config;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a model costs.
 *
 * @param model its name, which stands for its dated versions too; or the beginning of one and a
 *     {@code *}
 * @param longPrompt what a request with a long prompt costs instead, all of it; null: the same
 */
record Price(String model, Rates rates, @Nullable LongPrompt longPrompt) {
  private static final long LIMIT = 10_000_000_000L;

  /** {@code gpt-5} is also {@code gpt-5-2025-08-07}; {@code gpt-5-mini} is another model. */
  private static final Pattern VERSION =
      Pattern.compile("[-@](\\d{8}|\\d{4}-\\d{2}-\\d{2}|latest)");

  /**
   * In millionths of a US dollar per million tokens.
   *
   * @param cacheRead of input that was found in the provider's cache
   * @param cacheWrite of input that was put there
   * @param cacheWriteHour of input that was put there for an hour
   */
  record Rates(long input, long output, long cacheRead, long cacheWrite, long cacheWriteHour) {
    Rates {
      for (long rate : new long[] {input, output, cacheRead, cacheWrite, cacheWriteHour}) {
        if (rate < 0 || rate > LIMIT) {
          throw new IllegalArgumentException("a price is out of its range");
        }
      }
    }
  }

  /**
   * A second band.
   *
   * @param above how many tokens of input, cached ones included, it takes
   */
  record LongPrompt(long above, Rates rates) {}

  Price {
    if (model.isEmpty()) {
      throw new IllegalArgumentException("a price needs a model");
    }
  }

  static Price from(Config config) {
    return new Price(
        config.getString("model"),
        rates(config.getConfig("rates")),
        config.hasPath("long-prompt")
            ? new LongPrompt(
                config.getLong("long-prompt.above"), rates(config.getConfig("long-prompt.rates")))
            : null);
  }

  private static Rates rates(Config config) {
    return new Rates(
        config.getLong("input"),
        config.getLong("output"),
        config.getLong("cache-read"),
        config.getLong("cache-write"),
        config.getLong("cache-write-hour"));
  }

  boolean isOf(String name) {
    if (model.endsWith("*")) {
      return name.startsWith(model.substring(0, model.length() - 1));
    }
    return name.startsWith(model)
        && (name.length() == model.length()
            || VERSION.matcher(name).region(model.length(), name.length()).matches());
  }

  /** What a prompt of so many tokens is charged by. */
  Rates ratesFor(long prompt) {
    return longPrompt != null && prompt > longPrompt.above ? longPrompt.rates : rates;
  }
}
