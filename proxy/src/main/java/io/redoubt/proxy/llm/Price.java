package io.redoubt.proxy.llm;

import com.typesafe.config.Config;
import io.redoubt.protocol.audit.Spend;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a model costs.
 *
 * @param model its name, which stands for its dated versions too; or the beginning of one and a
 *     {@code *}
 * @param longPrompt what a request with a long prompt costs instead, all of it; null: the same
 * @param maxInput tokens that the model takes; null: not known
 * @param maxOutput tokens that it gives in one reply where nobody limits it; null: not known
 */
record Price(
    String model,
    Rates rates,
    @Nullable LongPrompt longPrompt,
    @Nullable Long maxInput,
    @Nullable Long maxOutput) {
  private static final long MILLION = 1_000_000;
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

    private Rates or(Rates other) {
      return new Rates(
          Math.max(input, other.input),
          Math.max(output, other.output),
          Math.max(cacheRead, other.cacheRead),
          Math.max(cacheWrite, other.cacheWrite),
          Math.max(cacheWriteHour, other.cacheWriteHour));
    }

    private long dearestInput() {
      return Math.max(Math.max(input, cacheRead), Math.max(cacheWrite, cacheWriteHour));
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
    if ((maxInput != null && maxInput < 0) || (maxOutput != null && maxOutput < 0)) {
      throw new IllegalArgumentException("what a model takes and gives is never negative");
    }
  }

  /** Of a model of which no more is known. */
  Price(String model, Rates rates, @Nullable LongPrompt longPrompt) {
    this(model, rates, longPrompt, null, null);
  }

  static Price from(Config config) {
    return new Price(
        config.getString("model"),
        rates(config.getConfig("rates")),
        config.hasPath("long-prompt")
            ? new LongPrompt(
                config.getLong("long-prompt.above"), rates(config.getConfig("long-prompt.rates")))
            : null,
        config.hasPath("max-input") ? Long.valueOf(config.getLong("max-input")) : null,
        config.hasPath("max-output") ? Long.valueOf(config.getLong("max-output")) : null);
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

  /**
   * What that much costs at most.
   *
   * @param input tokens, however they are cached
   */
  long most(long input, long output) {
    var dearest =
        longPrompt != null && input > longPrompt.above ? rates.or(longPrompt.rates) : rates;
    return Spend.sum(cost(input, dearest.dearestInput()), cost(output, dearest.output()));
  }

  /** Rounded up, or the most there is. */
  private static long cost(long tokens, long rate) {
    long whole = tokens / MILLION;
    return rate > 0 && whole > Long.MAX_VALUE / 2 / rate
        ? Long.MAX_VALUE
        : whole * rate + Math.ceilDiv(tokens % MILLION * rate, MILLION);
  }

  /** What several counts of tokens cost together, in whole numbers all the way. */
  static final class Sum {
    private long whole;
    private long millionths;

    /**
     * Adds some.
     *
     * @param tokens at most 2^31 each, of a few
     */
    Sum add(long tokens, long rate) {
      whole += tokens / MILLION * rate;
      millionths += tokens % MILLION * rate;
      return this;
    }

    long rounded() {
      return whole + (millionths + MILLION / 2) / MILLION;
    }
  }

  /** What a prompt of so many tokens is charged by. */
  Rates ratesFor(long prompt) {
    return longPrompt != null && prompt > longPrompt.above ? longPrompt.rates : rates;
  }
}
