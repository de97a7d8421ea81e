/** The way to PostgreSQL: one bounded pool, one organization per transaction (G7, G11). */
@NullMarked
package io.redoubt.persistence.postgres;

import org.jspecify.annotations.NullMarked;
