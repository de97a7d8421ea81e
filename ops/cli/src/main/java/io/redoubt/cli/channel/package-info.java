/** Commands about where people are told of requests for approval. */
@NullMarked
package io.redoubt.cli.channel;

import org.jspecify.annotations.NullMarked;
