/** Asks models what they think of requests for approval: the tiers of kind {@code llm_judge}. */
@NullMarked
package io.redoubt.proxy.judge;

import org.jspecify.annotations.NullMarked;
