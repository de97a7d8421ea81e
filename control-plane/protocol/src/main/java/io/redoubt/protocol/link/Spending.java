package io.redoubt.protocol.link;

import io.redoubt.protocol.audit.Spend;
import java.time.LocalDate;

/**
 * How a budget stands.
 *
 * @param day in UTC
 * @param today charged on that day
 * @param reservedToday kept for calls of that day that are under way
 * @param month charged in its month, that day included
 * @param reservedThisMonth kept for calls of that month that are under way
 */
public record Spending(
    LocalDate day, Spend today, Spend reservedToday, Spend month, Spend reservedThisMonth) {}
