/**
 * Connections to model providers, on Netty: a piece of a reply costs one read, and one message to
 * the stream that writes it to the client. Pekko HTTP's own client costs several of each, and a
 * request that waits in its pool for the head of its reply cannot be withdrawn, which a kill must
 * (G3). Nothing of Netty is seen outside this package.
 */
@NullMarked
package io.redoubt.proxy.upstream;

import org.jspecify.annotations.NullMarked;
