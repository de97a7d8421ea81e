/** How every persistent sharded actor is run: its limits, its back-off, its passivation. */
@NullMarked
package io.redoubt.entity;

import org.jspecify.annotations.NullMarked;
