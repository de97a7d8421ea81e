package io.redoubt.persistence.batch;

import java.time.Duration;

/**
 * Bounds of a writer's queue and of its batches.
 *
 * @param queue total weight that may wait
 * @param batch items in a batch
 * @param batchWeight weight of a batch, unless one item alone is heavier
 * @param gather how long an urgent item waits for others while a batch is under way
 * @param leisure how long another item waits for others
 */
public record BatchLimits(
    long queue, int batch, long batchWeight, Duration gather, Duration leisure) {}
