/** The agent: one sharded actor each, the point where every decision about it is made. */
@NullMarked
package io.redoubt.agent;

import org.jspecify.annotations.NullMarked;
