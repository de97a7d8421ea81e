/**
 * Connections to model providers. Not Pekko's own pool: a request that waits there for the head of
 * its reply cannot be withdrawn, and a kill must reach just that request (G3).
 */
@NullMarked
package io.redoubt.proxy.upstream;

import org.jspecify.annotations.NullMarked;
