/** Tokens, cost and governed actions. */
@NullMarked
package io.redoubt.controlplane.usage;

import org.jspecify.annotations.NullMarked;
