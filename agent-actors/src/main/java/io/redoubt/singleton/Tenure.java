package io.redoubt.singleton;

/**
 * One holder's time with a singleton. What is written in its name is written in transactions that
 * look whether the epoch still stands, so a holder that slept through its replacement writes
 * nothing.
 *
 * @param epoch counts the holders, from 1 on
 */
public record Tenure(Singleton of, long epoch) {}
