/**
 * The opaque tokens of Redoubt: bootstrap, refresh, API keys; and the digests that stand for them.
 */
@NullMarked
package io.redoubt.protocol.token;

import org.jspecify.annotations.NullMarked;
