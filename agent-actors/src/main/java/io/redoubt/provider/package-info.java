/** The port to the model providers and their sealed keys. */
@NullMarked
package io.redoubt.provider;

import org.jspecify.annotations.NullMarked;
