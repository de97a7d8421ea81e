/**
 * What texts hold that should not pass unseen: personal data, secrets, attempts to give a model
 * orders, and what an organization looks for itself. Facts only; what follows from them is policy.
 *
 * <p>{@link Inspector} is what is looked for, {@link Scan} one text read piece by piece, {@link
 * JsonInspection} the texts of a JSON body, {@link EffectiveContentPolicy} what is done about it.
 */
@NullMarked
package io.redoubt.proxy.inspect;

import io.redoubt.content.EffectiveContentPolicy;
import org.jspecify.annotations.NullMarked;
