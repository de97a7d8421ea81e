/** Where people are told of requests for approval outside of Redoubt, and what they say there. */
@NullMarked
package io.redoubt.controlplane.channel;

import org.jspecify.annotations.NullMarked;
