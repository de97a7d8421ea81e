package io.redoubt.multinode.product;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** The choices of the scenarios, repeatable with {@code -Dredoubt.seed=…}. */
public final class Seed {
  private static final long VALUE = chosen();

  private Seed() {}

  private static long chosen() {
    long given = Long.getLong("redoubt.seed", 0);
    long value = given == 0 ? System.nanoTime() : given;
    System.out.println("redoubt.seed=" + value);
    return value;
  }

  /** What the choices of this run follow from. */
  public static long value() {
    return VALUE;
  }

  /** The same choices for the same scenario and seed, in whatever order the scenarios run. */
  public static RandomGenerator random(String scenario) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(VALUE ^ scenario.hashCode());
  }
}
