/** Secrets at rest: sealed under per-organization keys, which a master key wraps (G6). */
@NullMarked
package io.redoubt.persistence.sealing;

import org.jspecify.annotations.NullMarked;
