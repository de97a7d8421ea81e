/** The journal of the event-sourced actors: how their events reach PostgreSQL. */
@NullMarked
package io.redoubt.persistence.journal;

import org.jspecify.annotations.NullMarked;
