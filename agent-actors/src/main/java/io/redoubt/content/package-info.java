/**
 * What is done about what inspectors find: content policies in three layers, put together, and the
 * patterns that organizations look for themselves, read strictly.
 *
 * <p>{@link io.redoubt.content.ContentRules} is all of one bundle, {@link
 * io.redoubt.content.EffectiveContentPolicy} what holds for one agent.
 */
@NullMarked
package io.redoubt.content;

import org.jspecify.annotations.NullMarked;
