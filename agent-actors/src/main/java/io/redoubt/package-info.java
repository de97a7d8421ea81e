/** What the features share. */
@NullMarked
package io.redoubt;

import org.jspecify.annotations.NullMarked;
